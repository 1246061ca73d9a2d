// What follows an action: focus goes on where the work goes on, and a property is sent when it is
// chosen. Without this the browser does both by loading the page again.
(() => {
  const on = (name, handle) => document.addEventListener(name, handle);
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

  // Properties. A key on a closed list passes values: they count when it is left or on Enter.
  const held = new WeakSet(); // lists whose value was reached by keys
  const sent = new WeakMap(); // control → the value that is on its way
  const initial = (list) => [...list.options].find((option) => option.defaultSelected) ?? list.options[0];
  const before = (control) => (control.localName === "select" ? initial(control).value : control.defaultValue);
  const isProperty = (element) => element.matches?.(".fact :is(select, input:not([type=hidden]))");
  const send = (control) => {
    held.delete(control);
    if (control.value === before(control) || control.value === sent.get(control)) return;
    sent.set(control, control.value);
    control.form.requestSubmit();
  };
  on("keydown", (event) => {
    const { target, key } = event;
    if (!isProperty(target) || target.localName !== "select") return;
    const differs = target.value !== before(target);
    if (key === "Enter" && differs) {
      event.preventDefault();
      send(target);
    } else if (key === "Escape" && differs) {
      event.preventDefault(); // it closes nothing else
      initial(target).selected = true;
    } else if (key.startsWith("Arrow") || /^(Home|End|Page.*|\S)$/.test(key)) {
      held.add(target);
    } else {
      held.delete(target); // whatever comes from an opened list was chosen
    }
  });
  on("pointerdown", ({ target }) => held.delete(target));
  on("change", ({ target }) => {
    if (isProperty(target) && target.localName === "select" && !held.has(target)) send(target);
  });
  on("focusout", ({ target }) => { if (isProperty(target) && target.isConnected) send(target); });
  // What the server says now, except under the hand.
  on("htmx:after:swap", ({ detail: { ctx } }) => {
    for (const control of document.querySelectorAll(".filters select, .fact :is(select, input:not([type=hidden]))")) {
      if (control === document.activeElement && control.form !== ctx.sourceElement) continue;
      sent.delete(control);
      if (control.value !== before(control)) control.value = before(control);
    }
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
