// What follows an action: focus goes on where the work goes on. Without this the browser begins anew
// by loading the page again. And the keys of menus.
(() => {
  const on = (name, handle, early) => document.addEventListener(name, handle, early);
  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
  const usable = (element) => element?.isConnected && !element.disabled && element.checkVisibility();

  // Where focus was last: the element, its id, and the elements around it by their ids.
  let was = { around: [] };
  on("focusin", ({ target }) => {
    const around = [];
    for (let element = target; element; element = element.parentElement) if (element.id) around.push(element.id);
    was = { element: target, id: target.id, around };
  });
  // Who clicks beside everything has put it away.
  on("pointerdown", ({ target }) => { if (!target.closest(CONTROLS)) was = { around: [] }; });

  const first = (selectors) =>
    selectors?.split(", ").flatMap((selector) => [...document.querySelectorAll(selector)]).find(usable);
  const go = (element) => {
    if (!element.matches(CONTROLS)) element.tabIndex = -1;
    element.focus();
  };
  const isLost = () => document.activeElement === document.body || !usable(document.activeElement);
  // What had focus is gone, hidden or disabled: the same again, else what the region names for it.
  const restore = () => {
    if (!isLost() || !was.element) return;
    const regions = was.around.map((id) => document.getElementById(id)?.dataset.then);
    const places = [was.element, document.getElementById(was.id), ...regions.map(first)];
    const place = places.find(usable) ?? document.getElementById("main");
    if (place) go(place);
  };
  on("htmx:finally:request", ({ detail: { ctx } }) => {
    const { sourceElement: source } = ctx;
    const stayed = was.element === source || (source.id && was.id === source.id);
    const then = stayed && source.dataset.then && first(source.dataset.then);
    // Controls that wait for the answer are enabled right after this event.
    setTimeout(() => (then ? go(then) : restore()));
  });

  on("click", ({ target }) => { if (target.closest("[data-dismiss]")) setTimeout(restore); });

  // Menus of values: arrows and first letters walk through them, nothing is sent in passing.
  const itemsOf = (menu) => [...menu.querySelectorAll(".menu-body :is(.menu-item, input:not([type=hidden]))")];
  on("toggle", ({ target: menu }) => {
    if (!menu.matches(".fact[open]") || !menu.contains(document.activeElement)) return;
    const items = itemsOf(menu);
    (items.find((item) => item.ariaCurrent) ?? items[0])?.focus();
  }, true);
  let letters = "";
  let typedAt = 0;
  on("keydown", (event) => {
    const { target, key } = event;
    const menu = target.closest(".fact[open]");
    if (!menu || target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = itemsOf(menu);
    const at = items.indexOf(target);
    const places = { ArrowDown: at + 1, ArrowUp: at < 1 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 };
    let item = key in places && (items[places[key]] ?? items[0]);
    if (/^[^ ]$/u.test(key)) {
      letters = (event.timeStamp - typedAt < 700 ? letters : "") + key.toLowerCase();
      typedAt = event.timeStamp;
      item = items.find(({ innerText }) => ` ${innerText.toLowerCase()}`.includes(` ${letters}`)) ?? target;
    }
    if (!item) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // no key of the page
    item.focus();
  });
  // What the server says now, except under the hand.
  const saidOf = ({ options, defaultValue }) =>
    options ? ([...options].find((option) => option.defaultSelected) ?? options[0]).value : defaultValue;
  on("htmx:after:swap", ({ detail: { ctx } }) => {
    for (const control of document.querySelectorAll(".filters select, .fact input:not([type=hidden])")) {
      if (control === document.activeElement && control.form !== ctx.sourceElement) continue;
      if (control.value !== saidOf(control)) control.value = saidOf(control);
    }
  });

  // A box that ticks all boxes of a name in its form.
  on("change", ({ target }) => {
    const name = target.dataset.ticks;
    if (name) for (const box of target.form.querySelectorAll(`[name="${name}"]`)) box.checked = target.checked;
  });

  // What a page says of the last form is read out once it is there, as it is where nothing reloads.
  const said = document.getElementById("flash")?.innerText.trim();
  const status = document.getElementById("status");
  if (said && status) {
    const words = document.createElement("span");
    words.className = "sr";
    words.textContent = said;
    setTimeout(() => status.replaceChildren(words));
  }
})();
