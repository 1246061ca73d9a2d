// Single keys on every page for staff, and the help for them. A key presses a control that is on the
// page, so nothing is done by keys alone. `lodge.deeds` are what a page's own scripts do.
(() => {
  const help = document.getElementById("shortcut-help");
  if (!help) return;
  const find = (selector) => document.querySelector(selector);
  const deedOf = Object.fromEntries(
    Object.entries(JSON.parse(help.dataset.keysOf)).filter(([, key]) => key).map(([deed, key]) => [key, deed]),
  );

  const on = () => localStorage.getItem("lodge.keys") !== "off";
  const box = find("#keys-on");
  box.checked = on();
  box.addEventListener("change", () => localStorage.setItem("lodge.keys", box.checked ? "on" : "off"));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) {
      event.preventDefault();
      help.showModal();
    }
    if (event.target.closest("[data-shut]")) help.close();
  });

  // A control in a menu that is closed is there, too.
  const reveal = (element) => {
    for (let menu = element.closest("details"); menu; menu = menu.parentElement.closest("details")) {
      if (!menu.querySelector("summary")?.contains(element)) menu.open = true;
    }
  };
  const isThere = (element) => !element.disabled && !element.closest("[hidden]");
  const first = (...selectors) =>
    selectors.flatMap((selector) => [...document.querySelectorAll(selector)]).find(isThere);
  const press = (...selectors) => {
    const control = first(...selectors);
    if (!control) return;
    reveal(control);
    if (control.matches("summary")) control.focus();
    if (!control.matches("select, textarea, input:not([type=checkbox], [type=radio])")) return control.click();
    control.focus();
    if (control.matches("select")) control.showPicker?.();
    else if (control.matches("input")) control.select();
  };
  // Which of the two it was to be is said before the cursor stands in the text.
  const write = (internal) => {
    const mode = first(`.modes [name=internal][value="${internal}"]`);
    if (mode && !mode.checked) mode.click();
    press("#message");
  };
  const isWritten = () => first("#message")?.value.trim();
  // What rows are selected for is done to all of them, else it is the ticket's.
  const forMany = (action) => {
    const actions = first("form:has(#rows :checked) #bulk-action");
    if (actions) actions.value = action;
    return actions;
  };
  const doToMany = (action) => {
    const actions = forMany(action);
    actions?.form.requestSubmit(first("#bulk-do"));
    return actions;
  };
  const property = (name) => () => press("form:has(#rows :checked) #bulk-action", `[data-key~=${name}]`, `#fact-${name}`);
  const solve = () => {
    if (doToMany("status:solved")) return;
    const ways = isWritten() ? ['#send [name=status][value="solved:next"]', "#send [name=status][value=solved]"] : [];
    const button = first(...ways, "#menu-status [value=solved]");
    if (button) return button.form.requestSubmit(button);
    press("[data-key~=solve]");
  };
  const deeds = {
    reply: () => write(""),
    note: () => write("1"),
    assign: property("assignee"),
    status: property("status"),
    priority: property("priority"),
    tag: () => (forMany("tag") ? press("#bulk-value") : property("tags")()),
    solve,
    macro: () => doToMany("macro") ?? press("[data-key~=macro]", "#macro"),
    undo: () => press("#flash form button", "[data-key~=undo]"),
    next: () => press("#ticket-next"),
    previous: () => press("#ticket-previous"),
    search: () => press("[data-key~=search]", "#q", "#find-q"),
    help: () => help.showModal(),
    views: () => {
      awaited = true;
      setTimeout(() => { awaited = false; }, 2000);
    },
  };
  lodge.deeds = deeds;
  let awaited = false; // whether the number of a view comes next
  const go = (number) => {
    if (first(`[data-go="${number}"]`)) press(`[data-go="${number}"]`);
    else location.assign(`${help.dataset.go}?view=${number}`);
  };

  // The palette: a dialog around the form of /go. Arrows walk through what it found.
  const palette = find("#palette");
  const field = find("#palette-q");
  let before; // what had the focus when it was opened
  const ways = () => [...palette.querySelectorAll(".go-way")];
  const summon = () => {
    if (palette.open || find("dialog[open]")) return;
    const ticket = find("#panel[data-ticket], .ticket[data-ticket]")?.dataset.ticket ?? "";
    field.form.elements.ticket.value = ticket.split("/").pop();
    before = document.activeElement;
    palette.show(); // not as a modal: the line that tells how much was found would not be read out
    field.focus();
    field.select();
    htmx.process(field.form);
    htmx.trigger(field.form, "lodge:palette");
  };
  document.addEventListener("click", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    if (!event.target.closest("[data-palette]") || !plain) return;
    event.preventDefault();
    summon();
  });
  palette.addEventListener("keydown", (event) => {
    const all = ways();
    const at = all.indexOf(document.activeElement);
    if (event.key === "Escape") {
      palette.close();
      before?.focus();
    } else if (event.key === "ArrowDown") (all[at + 1] ?? all[0])?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? all[at - 1] : field).focus();
    else if (event.key === "Enter" && at < 0) all[0]?.click();
    else return;
    event.preventDefault();
  });
  // What was done shows on the page.
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.request.method === "POST" && palette.contains(ctx.sourceElement)) palette.close();
  });
  palette.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !palette.contains(relatedTarget)) palette.close();
  });
  document.addEventListener("pointerdown", ({ target }) => { if (!palette.contains(target)) palette.close(); });

  // By what the key writes; under a layout of other letters (Cyrillic), by its place.
  const SIGNS = { Slash: "/", BracketLeft: "[", BracketRight: "]", Semicolon: ";", Quote: "'", Backslash: "\\", Backquote: "`" };
  const pressed = ({ key, code, shiftKey }) => {
    if (key === "?" || (shiftKey && code === "Slash")) return "?";
    if (/^[a-z/[\];'\\`]$/i.test(key)) return key.toLowerCase();
    return /^Key[A-Z]$/.test(code) ? code[3].toLowerCase() : SIGNS[code];
  };
  document.addEventListener("keydown", (event) => {
    const { target, code } = event;
    if ((event.ctrlKey || event.metaKey) && code === "KeyK" && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      return summon();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !on()) return;
    if (target.closest("dialog, [contenteditable]") || target.matches("input:not([type=checkbox]), select, textarea")) return;
    const number = awaited && /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
    if (!["Shift", "CapsLock"].includes(event.key)) awaited = false;
    const key = pressed(event);
    // With Shift a page may have another use for the same key.
    const deed = deeds[event.shiftKey && key !== "?" ? `${deedOf[key]} on` : deedOf[key]];
    if (!number && !deed) return;
    event.preventDefault();
    if (number) go(number);
    else deed();
  });
})();
