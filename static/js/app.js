// Small helps for signed-in pages. Every page works without them.
(() => {
  const on = (name, handle) => document.addEventListener(name, handle);
  const flash = () => document.getElementById("flash");
  const me = () => document.querySelector(".menu-who small")?.textContent;

  // Menus close when one goes elsewhere and on Escape; messages can be put away.
  const leaveMenus = ({ target }) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  };
  on("click", leaveMenus);
  on("focusin", leaveMenus);
  on("click", ({ target }) => target.closest("[data-dismiss]")?.closest(".flash").remove());
  // It moves when the composer loses focus, and must not under a click.
  on("mousedown", (event) => { if (event.target.closest(".flash")) event.preventDefault(); });
  on("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.stopImmediatePropagation();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.target.form.requestSubmit(event.shiftKey ? event.target.form.querySelector("[data-with-shift]") : null);
    }
  });

  // What without scripts is sent with another form belongs to the one around it.
  for (const control of document.querySelectorAll("[data-own-form]")) control.removeAttribute("form");

  // What only those need who write, or look at a picture, is loaded once they are about to.
  const src = document.currentScript.dataset.later;
  let loading, loaded;
  const fetchLater = (done) => {
    const script = Object.assign(document.createElement("script"), { src, onload: done, onerror: done });
    document.head.append(script);
  };
  const load = () => (loading ??= new Promise(fetchLater).then(() => { loaded = true; }));
  for (const name of ["focusin", "dragover"]) {
    on(name, ({ target }) => { if (name === "dragover" || target.closest?.("form[data-draft]")) load(); });
  }
  if (document.activeElement.closest("form[data-draft]")) load();
  on("click", async (event) => {
    const control = event.target.closest("[data-picture], [data-quote], [data-replies], [data-preview], [data-mark], [data-model]");
    if (loaded || !control || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await load();
    control.click();
  });

  // A form's token has expired, since its person signed in again elsewhere: it is renewed. For somebody
  // else it is not, who would send these words under another name.
  const renew = (token) => {
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token;
    document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }));
  };
  on("lodge:token", ({ detail }) => renew(detail));
  on("htmx:after:swap", () => {
    const error = document.querySelector("#error[data-token]");
    if (!error || error.dataset.me !== me()) return;
    renew(error.dataset.token);
    error.querySelector("[data-same]").hidden = false;
    error.querySelector("[data-other]").hidden = true;
    delete error.dataset.token;
  });

  // A request that got no usable answer (refusals of ours replace this by their own words). Nobody misses what nobody asked for.
  const failed = ({ detail: { ctx } }) => {
    if (ctx?.response && ctx.response.status < 500) return;
    if (ctx?.request.headers["X-Background"]) return;
    const note = document.createElement("p");
    note.className = "flash flash-error";
    note.role = "alert";
    note.textContent = flash().dataset.failed;
    flash().replaceChildren(note);
  };
  on("htmx:response:error", failed);
  on("htmx:error", failed);
})();
