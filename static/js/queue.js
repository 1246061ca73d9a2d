// The queue by keyboard, and tickets opened beside it. Without this the rows are plain links.
(() => {
  if (!document.querySelector(".desk")) return;
  const wide = matchMedia("(min-width: 68rem)");
  const find = (selector) => document.querySelector(selector);
  const links = () => [...document.querySelectorAll("#rows .m a")];
  const ticketOf = (link) => link?.pathname;
  const focused = () => document.activeElement.closest("#rows tr")?.querySelector(".m a");
  const shown = () => find("#panel").dataset.ticket; // the ticket in the panel
  let wanted = false; // whether focus goes into the panel when it arrives
  // One works through the list as it was when one asked for it. An answer moves its row in the list
  // that others see, and not here.
  let order = []; // tickets, by their addresses
  let place = ""; // the one where one is
  let onward = false; // whether the next page was asked for by going on
  let soon; // the timer of a ticket that is about to be opened
  const answered = new Set(); // tickets
  const PAUSE = 150; // milliseconds after which a ticket that one came to is opened

  // The list alone: which ticket stands beside it is no question to it.
  const listUrl = () => {
    const url = new URL(location);
    url.searchParams.delete("open");
    return url;
  };
  const load = (url, target, swap) =>
    htmx.ajax("GET", url, { target, swap, headers: { "HX-Target": find(target).localName + target } });
  const refresh = () => lodge.ask(listUrl().href, { target: "#queue", swap: "outerMorph" }, "div#queue");

  const open = (link) => {
    clearTimeout(soon);
    if (!wide.matches) return link.click();
    wanted = true;
    place = ticketOf(link);
    return load(link.href, "#panel", "outerHTML");
  };
  const close = () => {
    const panel = find("#panel");
    if (panel.hidden) return;
    const ticket = shown();
    panel.hidden = true;
    panel.replaceChildren();
    for (const name of ["ticket", "live", "liveSince"]) delete panel.dataset[name];
    history.pushState({ htmx: true }, "", listUrl());
    document.title = find(".desk").dataset.title;
    (links().find((link) => ticketOf(link) === ticket) ?? find("#list")).focus();
    mark();
  };
  const mark = () => {
    for (const link of links()) link.toggleAttribute("aria-current", ticketOf(link) === shown());
  };
  // Forward to what is not answered yet, back to whatever was before.
  const neighbour = (by) => {
    const present = new Map(links().map((link) => [ticketOf(link), link]));
    const all = [...new Set([...order, ...present.keys()])];
    let at = all.indexOf(place);
    do at += by; while (at in all && !(present.has(all[at]) && (by < 0 || !answered.has(all[at]))));
    return present.get(all[at]);
  };
  // The panel follows.
  const step = (link) => {
    place = ticketOf(link);
    link.focus();
    link.scrollIntoView({ block: "nearest" });
    clearTimeout(soon);
    if (shown()) soon = setTimeout(() => open(link), PAUSE);
  };
  const move = (by) => {
    place = ticketOf(focused()) ?? shown() ?? place;
    const link = neighbour(by);
    const next = find(".pages [rel=next]");
    if (link) step(link);
    else if (by > 0 && next) {
      onward = true;
      find("#list").focus(); // no key works on this page any more
      next.click();
    } else focused() ?? links()[0]?.focus();
  };
  const ask = () => {
    order = links().map(ticketOf);
    place = shown() ?? "";
  };
  ask();
  mark();

  // Ticked rows. A range goes from the row that was ticked last.
  const BOX = "#rows [type=checkbox]";
  const boxes = () => [...document.querySelectorAll(BOX)];
  const boxOf = (link) => link?.closest("tr").querySelector("[type=checkbox]");
  let ticked = ""; // the number of the ticket that was ticked last
  const countTicked = () => {
    const number = find(".bulk-count");
    if (number) number.textContent = boxes().filter((box) => box.checked).length;
    return number;
  };
  const tellTicked = () => lodge.tell(countTicked().parentElement.textContent);
  const tick = (box, range) => {
    const all = boxes();
    const [from, to] = [all.findIndex((one) => one.value === ticked), all.indexOf(box)].sort((a, b) => a - b);
    if (range && from >= 0) for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    ticked = box.value;
    tellTicked();
  };
  // On through the list, with both rows ticked.
  const tickOn = (by) => {
    for (const step of [0, by]) {
      if (step) move(step);
      const box = boxOf(focused());
      if (box) box.checked = true;
      ticked = box?.value ?? ticked;
    }
    tellTicked();
  };

  document.addEventListener("click", (event) => {
    const { target } = event;
    const link = target.closest("#rows .m a");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    if (link && plain && wide.matches) {
      event.preventDefault();
      open(link);
    }
    if (target.closest("[data-close]") && plain) {
      event.preventDefault();
      close();
    }
    if (target.matches("[data-all]")) {
      for (const box of boxes()) box.checked = target.checked;
      tellTicked();
    }
    if (target.matches(BOX)) tick(target, event.shiftKey);
  });

  // Shift would select the text between two clicks.
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.matches(BOX)) event.preventDefault();
  });

  // Empty filters stay out of the address.
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.request.method !== "GET") return;
    for (const [name, value] of [...ctx.request.body]) if (!value) ctx.request.body.delete(name);
  });
  // Where the views are one line, the present one is in it, and the one that has focus whole.
  const reveal = (view) => view?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.addEventListener("focusin", ({ target }) => reveal(target.closest(".views a")));
  const showView = () => reveal(find(".views [aria-current]"));
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => { if (ctx.target?.id === "queue") showView(); });
  showView();

  // The filters stay open while one chooses among them.
  let filtering = false;
  document.addEventListener("htmx:before:swap", () => { filtering = Boolean(find("#filter-menu[open]")); });
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (filtering && ctx.target?.id === "queue") find("#filter-menu").open = true;
  });
  // A row that goes while one is at it leaves its place behind.
  let at; // the ticket of the row that has focus
  const shownBefore = new WeakMap(); // request → the ticket in the panel: answers cross each other
  document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
    at = ticketOf(focused());
    shownBefore.set(ctx, shown());
  });
  const stay = () => {
    if (!at || links().some((link) => ticketOf(link) === at)) return;
    place = at;
    find("#list").focus();
  };
  // What changed in the panel changes the list, too.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    mark();
    countTicked();
    const background = ctx.request.headers["X-Background"];
    if (ctx.target?.id === "queue") {
      lodge.hush();
      if (background) stay();
      else ask();
      if (!background && !ctx.sourceElement.closest?.(".pages")) answered.clear();
    }
    if (onward && ctx.target?.id === "queue" && !background) {
      onward = false;
      place = "";
      const link = neighbour(1) ?? links()[0];
      if (link) step(link);
    }
    const before = shownBefore.get(ctx);
    const arrived = shown() !== before && !background;
    if (shown() && (arrived || (wanted && ctx.target?.id === "panel"))) {
      wanted = false;
      place = shown();
      find("#panel-title").focus({ preventScroll: true });
      // To what is new, below the properties if that is the first message.
      const message = find("#panel #new")?.closest(".msg");
      if (message && message !== find("#panel .msg")) message.scrollIntoView();
    }
    if (ctx.request.method === "POST" && ctx.response.status < 400 && before) {
      if (ctx.request.action.endsWith("/comments")) answered.add(before);
      refresh();
    }
  });

  // Others changed something. Nothing moves under somebody's hand: then it waits until it is asked for.
  document.addEventListener("lodge:changed", ({ target, detail: { returned } }) => {
    if (target.id !== "queue") return;
    const ticked = find("#rows :checked");
    const busy = find("#rows:hover, #rows:focus-within, #filters:focus-within, #find:focus-within, #bulk-bar:focus-within");
    const show = () => refresh().then(ask);
    if (!ticked && (returned || !busy)) show();
    else if (!returned) lodge.say("changed", show);
  });

  Object.assign(lodge.deeds, {
    down: () => move(1),
    up: () => move(-1),
    open: () => focused() && open(focused()),
    select: () => boxOf(focused())?.click(),
    "down on": () => tickOn(1),
    "up on": () => tickOn(-1),
  });
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (key === "Escape" && !event.defaultPrevented && !target.closest("dialog")) close();
    const by = event.shiftKey && focused() && { ArrowDown: 1, ArrowUp: -1 }[key];
    if (by) {
      event.preventDefault();
      tickOn(by);
    }
    if (key === "Enter" && target.id === "bulk-action" && target.value) {
      event.preventDefault();
      if (target.value === "tag") find("#bulk-value").focus();
      else target.form.requestSubmit(find("#bulk-do"));
    }
  });
})();
