// Colleagues to name while one writes `@` in a note. What is typed in full works without.
// Loaded once somebody writes (app.js).
(() => {
  const SHOWN = 8;
  const on = (name, handle, capture) => document.addEventListener(name, handle, capture);
  let list; // once it was asked for
  let from; // where the name begins in the text

  const text = () => document.getElementById("message");
  const isNote = () => document.querySelector("#reply [name=internal][value='1']")?.checked;
  const isOpen = () => list?.isConnected && !list.hidden;
  const shown = () => [...list.children].filter((option) => !option.hidden);
  const load = async (url) => {
    const answer = await fetch(url, { headers: { "X-Background": "true" }, redirect: "manual" }).catch(() => {});
    const box = document.createElement("template");
    box.innerHTML = answer?.ok ? await answer.text() : "";
    return box.content.querySelector("ul");
  };
  const close = () => {
    if (!isOpen()) return;
    list.hidden = true;
    text()?.removeAttribute("aria-activedescendant");
  };
  const mark = (option) => {
    for (const one of list.children) one.setAttribute("aria-selected", one === option);
    option.scrollIntoView({ block: "nearest" });
    text().setAttribute("aria-activedescendant", option.id);
  };
  const choose = (option) => {
    const area = text();
    const name = `${option.dataset.name} `;
    close();
    lodge.put(area, name, from);
  };
  // The name, one of its words, or the username begins with what was typed.
  const fits = ({ name, username }, typed) =>
    [name, ...name.split(" "), username].some((word) => word.toLowerCase().startsWith(typed));

  on("input", async ({ target }) => {
    if (target.id !== "message" || !isNote()) return close();
    const found = /(?:^|[^\p{L}\p{N}_.@])@([^\n@]{0,40})$/u.exec(target.value.slice(0, target.selectionStart));
    if (!found) return close();
    list ??= await load(target.form.dataset.colleagues);
    if (!list) return;
    const typed = found[1].toLowerCase();
    from = target.selectionStart - found[1].length;
    let left = SHOWN;
    for (const option of list.children) {
      option.hidden = left === 0 || !fits(option.dataset, typed);
      if (!option.hidden) left--;
    }
    if (left === SHOWN) return close();
    if (target.nextElementSibling !== list) target.after(list);
    list.hidden = false;
    target.setAttribute("aria-autocomplete", "list");
    target.setAttribute("aria-controls", list.id);
    mark(shown()[0]);
  });
  // Before anybody else: Escape closes the list, and not the ticket.
  on("keydown", (event) => {
    if (event.target.id !== "message" || !isOpen() || event.isComposing) return;
    const options = shown();
    const place = options.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(options.at((place + step) % options.length));
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(options[place]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  on("pointerdown", (event) => {
    const option = event.target.closest("#colleagues [role=option]");
    if (!option) return;
    event.preventDefault(); // the text keeps focus
    choose(option);
  });
  on("focusout", ({ target }) => { if (target.id === "message") close(); });
})();
