// Starts the reader of the API's document that the page has loaded: Swagger UI or Redoc. Both are
// as their makers ship them; what is amiss for keyboards and screen readers is mended as it appears.
(() => {
  const place = document.getElementById("api");
  const url = place.dataset.document;
  // What to set on which elements: headings in order, names, boxes that scroll by keyboard.
  const MENDED = {
    ".swagger-ui .information-container": { role: "region", "aria-label": "About" },
    ".swagger-ui .scheme-container": { role: "region", "aria-label": "Server and credentials" },
    ".swagger-ui section.models": { "aria-label": "Schemas" },
    ".swagger-ui section.webhooks": { "aria-label": "Webhooks" },
    "#servers": { "aria-label": "Server" },
    "h3.opblock-tag": { "aria-level": "2" },
    ".swagger-ui h4": { "aria-level": "2" },
    ".swagger-ui h5": { "aria-level": "3" },
    ".redoc-wrap h3, .redoc-wrap h5": { "aria-level": "3" },
    ".redoc-wrap pre": { tabindex: "0" },
  };
  // Redoc's theme on dark paper; without one it is light.
  const DARK = {
    colors: {
      primary: { main: "#6cc9a1" },
      success: { main: "#6cc9a1" },
      error: { main: "#ff968c" },
      text: { primary: "#e7e8e2", secondary: "#a3a69c" },
      border: { dark: "#767a70", light: "#2f322d" },
      gray: { 50: "#1b1c1a", 100: "#252724" },
      responses: {
        success: { color: "#6cc9a1", backgroundColor: "#1c352b", tabTextColor: "#6cc9a1" },
        error: { color: "#ff968c", backgroundColor: "#3a1f1c", tabTextColor: "#ff968c" },
        redirect: { color: "#eeb05f", backgroundColor: "#2c2613", tabTextColor: "#eeb05f" },
        info: { color: "#8db6ff", backgroundColor: "#1b2436", tabTextColor: "#8db6ff" },
      },
    },
    schema: {
      nestedBackground: "#20221f",
      linesColor: "#767a70",
      typeNameColor: "#a3a69c",
      typeTitleColor: "#a3a69c",
      requireLabelColor: "#ff968c",
    },
    typography: {
      links: { color: "#8db6ff", visited: "#8db6ff", hover: "#b9d2ff" },
      code: { color: "#efd488", backgroundColor: "#252724" },
    },
    sidebar: { backgroundColor: "#1b1c1a", textColor: "#e7e8e2", activeTextColor: "#6cc9a1" },
    rightPanel: { backgroundColor: "#0d0e0d", textColor: "#e7e8e2" },
    codeBlock: { backgroundColor: "#1b1c1a" },
  };
  const mend = () => {
    for (const [selector, attributes] of Object.entries(MENDED))
      for (const element of place.parentElement.querySelectorAll(selector))
        for (const [name, value] of Object.entries(attributes))
          if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  root.classList.toggle("dark-mode", isDark());

  new MutationObserver(mend).observe(place, { childList: true, subtree: true });

  if (window.SwaggerUIBundle) {
    dark.addEventListener("change", () => root.classList.toggle("dark-mode", isDark()));
    // A link inside of the button that opens an operation: two controls in one place.
    const plainPaths = ({ React }) => ({
      components: { DeepLink: ({ text }) => React.createElement("span", null, text) },
    });
    window.SwaggerUIBundle({
      url,
      domNode: place,
      deepLinking: true,
      plugins: [plainPaths],
      // Both would ask servers of others.
      validatorUrl: null,
      queryConfigEnabled: false,
      // A key typed in lives as long as the page.
      persistAuthorization: false,
    });
  } else {
    // Redoc would fetch its maker's logo from elsewhere: it is told that there is none.
    const { setAttribute } = Element.prototype;
    const isElsewhere = (address) => new URL(address, location.href).origin !== location.origin;
    HTMLImageElement.prototype.setAttribute = function (name, value) {
      if (name !== "src") setAttribute.call(this, name, value);
      else this.src = value;
    };
    Object.defineProperty(HTMLImageElement.prototype, "src", {
      set(value) {
        if (isElsewhere(value)) setTimeout(() => this.dispatchEvent(new Event("error")));
        else setAttribute.call(this, "src", value);
      },
    });
    // The styles that Redoc writes carry this page's nonce; its search would need a worker.
    const nonce = document.currentScript.nonce;
    // It computes further colours of these, so they are of the theme that the page has begun with.
    const theme = isDark() ? DARK : {};
    const options = { nonce, theme, disableSearch: true, hideDownloadButton: true };
    window.Redoc.init(url, options, place);
  }
})();
