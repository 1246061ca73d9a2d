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
  const mend = () => {
    for (const [selector, attributes] of Object.entries(MENDED))
      for (const element of place.parentElement.querySelectorAll(selector))
        for (const [name, value] of Object.entries(attributes))
          if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  new MutationObserver(mend).observe(place, { childList: true, subtree: true });

  if (window.SwaggerUIBundle) {
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
    window.Redoc.init(url, { nonce, disableSearch: true, hideDownloadButton: true }, place);
  }
})();
