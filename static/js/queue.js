// The queue by keyboard, and tickets opened beside it. Without this the rows are plain links.
(() => {
  const wide = matchMedia("(min-width: 68rem)");
  const find = (selector) => document.querySelector(selector);
  const links = () => [...document.querySelectorAll("#rows .m a")];
  const focused = () => document.activeElement.closest("#rows tr")?.querySelector(".m a");
  let shown = ""; // address of the ticket in the panel
  let wanted = false; // whether focus goes into the panel when it arrives

  const load = (url, target, swap) =>
    htmx.ajax("GET", url, { target, swap, headers: { "HX-Target": find(target).localName + target } });

  const open = (link) => {
    if (!wide.matches) return link.click();
    wanted = true;
    shown = link.href;
    return load(shown, "#panel", "outerHTML");
  };
  const close = () => {
    const panel = find("#panel");
    if (panel.hidden) return;
    panel.hidden = true;
    panel.replaceChildren();
    links().find((link) => link.href === shown)?.focus();
    shown = "";
    mark();
  };
  const mark = () => {
    for (const link of links()) link.toggleAttribute("aria-current", link.href === shown);
  };
  const move = (step) => {
    const all = links();
    const at = all.indexOf(focused() ?? all.find((link) => link.href === shown));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("click", (event) => {
    const { target } = event;
    const link = target.closest("#rows .m a");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    if (link && plain && wide.matches) {
      event.preventDefault();
      open(link);
    }
    if (target.closest("[data-close]")) close();
    if (target.closest("[data-keys]")) find("#keys").showModal();
    if (target.closest("[data-shut]")) find("#keys").close();
    if (target.matches("[data-all]")) {
      for (const box of document.querySelectorAll("#rows [type=checkbox]")) box.checked = target.checked;
    }
  });

  // Empty filters stay out of the address.
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.request.method !== "GET") return;
    for (const [name, value] of [...ctx.request.body]) if (!value) ctx.request.body.delete(name);
  });
  // What changed in the panel changes the list, too.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    mark();
    if (ctx.target?.id === "queue") lodge.hush();
    if (wanted && ctx.target?.id === "panel") {
      wanted = false;
      find("#panel-title")?.focus({ preventScroll: true });
    }
    if (ctx.request.method === "POST" && ctx.response.status < 400 && find("#panel #reply")) {
      load(location.href, "#queue", "outerMorph");
    }
  });

  // Others changed something. Nothing moves under somebody's hand: then it waits until it is asked for.
  const refresh = () =>
    lodge.ask(location.href, { target: "#queue", swap: "outerMorph" }, "div#queue");
  document.addEventListener("lodge:changed", ({ target, detail: { returned } }) => {
    if (target.id !== "queue") return;
    const ticked = find("#rows :checked");
    const busy = find("#rows:hover, #rows:focus-within, #filters:focus-within, #bulk-bar:focus-within");
    if (!ticked && (returned || !busy)) refresh();
    else if (!returned) lodge.say("changed", refresh);
  });

  const on = () => localStorage.getItem("lodge.keys") !== "off";
  const box = find("#keys-on");
  box.checked = on();
  box.addEventListener("change", () => localStorage.setItem("lodge.keys", box.checked ? "on" : "off"));

  // By what the key writes; under a layout of other letters (Cyrillic), by its place.
  const places = { KeyJ: "j", KeyK: "k", KeyO: "o", KeyX: "x", KeyR: "r", Slash: "/" };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    o: () => focused() && open(focused()),
    x: () => focused()?.closest("tr").querySelector("[type=checkbox]").click(),
    r: () => find("#message")?.focus(),
    "/": () => find("#q").focus(),
    "?": () => find("#keys").showModal(),
  };
  const pressed = ({ key, code, shiftKey }) => {
    if (/^[a-z/?]$/i.test(key)) return key.toLowerCase();
    return shiftKey && code === "Slash" ? "?" : places[code];
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog")) return;
    if (event.key === "Escape" && !event.defaultPrevented) return close();
    if (event.target.matches("input:not([type=checkbox]), select, textarea") || !on()) return;
    const deed = keys[pressed(event)];
    if (deed) {
      event.preventDefault();
      deed();
    }
  });
})();
