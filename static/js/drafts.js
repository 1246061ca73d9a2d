// What somebody types into a form[data-draft] is saved on the server while they type. Until the server has
// acknowledged it, it is kept in this tab, for the same person alone.
(() => {
  const PAUSE = 700; // milliseconds without typing, after which it is saved
  const LONGEST = 5_000; // and while somebody types without a pause
  const AGAIN = 15_000; // after a save that failed
  const TIMEOUT = 10_000;
  const STORE = "lodge.drafts";
  const LARGEST = 60_000; // what a browser sends for a page that is gone: 64 KB
  const on = (name, handle, options) => document.addEventListener(name, handle, options);
  const me = () => document.querySelector(".menu-who small")?.textContent;
  const flash = () => document.getElementById("flash");
  const waiting = new Map(); // address of a draft → what is to be saved (URLSearchParams)
  const since = new Map(); // address of a draft → when the oldest of that was typed
  let timer, saving;
  let failed = false;
  let sending = false;

  const formOf = (element) => element?.closest?.("form[data-draft]");
  const shown = (address) => document.querySelector(`form[data-draft="${address}"]`);
  const isEmpty = (body) => !body.get("message")?.trim() && !body.get("subject")?.trim();
  const contents = (form) =>
    new URLSearchParams([...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf_token"));

  const schedule = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  const note = (form) => {
    const address = form.dataset.draft;
    waiting.set(address, contents(form));
    if (!since.has(address)) since.set(address, Date.now());
    schedule(Math.max(0, Math.min(PAUSE, since.get(address) + LONGEST - Date.now())));
  };
  const forget = (address) => {
    waiting.delete(address);
    since.delete(address);
    store();
  };

  // Only what the server does not have lies in the tab. `filed`: what a form sends that leaves this page.
  const store = (always = failed, filed = "") => {
    const texts = [...waiting].map(([address, body]) => [address, String(body)]);
    if (always && texts.length) sessionStorage.setItem(STORE, JSON.stringify({ who: me(), texts, filed }));
    else sessionStorage.removeItem(STORE);
  };

  const acknowledged = (address, body, html) => {
    const now = waiting.get(address);
    if (now === body) forget(address);
    const form = shown(address);
    const state = new DOMParser().parseFromString(html, "text/html").querySelector("[data-draft-state]");
    if (!state) return;
    const { version } = state.dataset;
    if (now && now !== body) now.set("draft", version);
    if (!form) return;
    form.elements.draft.value = version;
    // Nothing goes from under somebody's eyes or focus.
    const before = form.querySelector("[data-draft-state]");
    if (before.querySelector("[open]") || before.contains(document.activeElement)) return;
    before.replaceWith(state);
    htmx.process(state);
  };
  const say = (words) => {
    const text = document.createElement("p");
    text.className = "flash flash-error";
    text.role = "alert";
    text.textContent = words;
    flash()?.replaceChildren(text);
  };

  // Who has signed in again elsewhere goes on here; app.js renews the token of every form.
  const isRenewed = async (answer) => {
    if (answer.status !== 400) return false;
    const error = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#error[data-token]");
    if (error?.dataset.me !== me()) return false;
    document.dispatchEvent(new CustomEvent("lodge:token", { detail: error.dataset.token }));
    return true;
  };
  const send = async (address, body, keepalive, again = true) => {
    since.delete(address);
    const sent = new URLSearchParams(body);
    sent.set("csrf_token", document.querySelector("[name=csrf_token]")?.value ?? "");
    const answer = await fetch(address, {
      method: "POST",
      body: sent,
      keepalive,
      headers: { "HX-Request": "true" },
      ...(keepalive ? {} : { signal: AbortSignal.timeout(TIMEOUT) }),
    });
    if (again && (await isRenewed(answer))) return send(address, body, keepalive, false);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return acknowledged(address, body, await answer.text());
  };
  // One after the other, so that no older text overtakes a newer one.
  const saveAll = async () => {
    for (const [address, body] of [...waiting]) {
      try {
        await send(address, body, false);
        failed = false;
      } catch {
        if (!failed) say(flash()?.dataset.unsaved);
        failed = true;
        store();
        schedule(AGAIN);
      }
    }
    store();
  };
  const after = (work) => {
    const mine = work.finally(() => { if (saving === mine) saving = undefined; });
    saving = mine;
  };
  const save = () => {
    clearTimeout(timer);
    after((saving ?? Promise.resolve()).then(saveAll));
  };

  on("input", ({ target }) => {
    if (formOf(target) && target.matches("textarea, input[name=subject]")) note(formOf(target));
  });
  on("change", ({ target }) => {
    const form = formOf(target);
    if (form && target.matches("select, [type=radio]") && !isEmpty(contents(form))) note(form);
  });

  // An answer that is taken back comes with what is written: both are then in the server's hands.
  const composer = () => document.querySelector("#reply[data-draft]");
  const isBeside = (form) => form?.matches?.("[data-beside]");
  // What is sent is no draft any more: a save must not come after it.
  on("submit", (event) => {
    const form = formOf(event.target) ?? (isBeside(event.target) ? event.target : null);
    if (!form || event.defaultPrevented) return;
    clearTimeout(timer);
    if (saving) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      const anew = () => form.isConnected && form.requestSubmit(submitter?.isConnected ? submitter : undefined);
      saving.then(anew, anew);
      return;
    }
    if (form.hasAttribute("hx-post")) return;
    sending = true;
    if (isBeside(form) || event.submitter?.hasAttribute("formaction")) return;
    waiting.set(form.dataset.draft, contents(form));
    store(true, form.dataset.draft);
  }, true);
  on("htmx:before:swap", ({ detail: { ctx } }) => {
    const form = formOf(ctx.sourceElement);
    if (form && ctx.request.method === "POST" && ctx.response.status < 400) forget(form.dataset.draft);
    if (!isBeside(ctx.sourceElement) || ctx.response.status >= 400 || !ctx.text.includes('hx-target="#reply"')) return;
    const address = composer()?.dataset.draft;
    if (waiting.get(address)?.get("message") === ctx.sourceElement.elements.message.value) forget(address);
  });

  const goOn = () => { if (waiting.size) schedule(PAUSE); };
  on("htmx:response:error", goOn);
  on("htmx:error", goOn);
  on("htmx:finally:request", ({ detail: { ctx } }) => { if (isBeside(ctx.sourceElement)) goOn(); });
  on("click", ({ target }) => {
    const way = target.closest("[data-draft-state] [formaction]");
    if (way) forget(formOf(way).dataset.draft);
  }, true);

  // Another ticket is opened beside the list, or the page is left.
  const flush = () => {
    if (sending || !waiting.size) return;
    clearTimeout(timer);
    store(true);
    const small = [...waiting].filter(([, body]) => String(body).length < LARGEST);
    after(Promise.allSettled(small.map(([address, body]) => send(address, body, true))));
  };
  addEventListener("pagehide", flush);
  addEventListener("pageshow", () => { sending = false; });
  on("visibilitychange", () => { if (document.hidden) flush(); });
  addEventListener("beforeunload", (event) => {
    if (sending) return;
    const large = [...waiting.values()].some((body) => String(body).length >= LARGEST);
    if (large || (failed && [...waiting.values()].some((body) => !isEmpty(body)))) event.preventDefault();
  });

  // What waits here is newer than what the server knows. Where that is something else, it is not known here.
  const refill = () => {
    for (const form of document.querySelectorAll("form[data-draft]")) {
      const body = waiting.get(form.dataset.draft);
      const text = body?.get("message") ?? "";
      const field = form.elements.message;
      if (!body || field.value === text) continue;
      if (!text.startsWith(field.value)) form.elements.draft.value = 0;
      field.value = text;
      if (form.elements.subject && body.get("subject")) form.elements.subject.value = body.get("subject");
      const mode = [...form.querySelectorAll("[name=internal]")].find((box) => box.value === body.get("internal"));
      if (mode) mode.checked = true;
      note(form);
    }
  };
  on("htmx:after:swap", refill);

  // From before this page, or before drafts were on the server: [address of the form, text].
  const read = ([address, text]) =>
    address.endsWith("/draft")
      ? [address, new URLSearchParams(text)]
      : [`${new URL(address, location.href).pathname.replace(/\/comments$/, "")}/draft`, new URLSearchParams({ message: text })];
  const stored = JSON.parse(sessionStorage.getItem(STORE));
  sessionStorage.removeItem(STORE);
  if (stored?.who === me()) {
    for (const entry of stored?.texts ?? []) waiting.set(...read(entry));
    // A ticket that was filed leads to its page, whatever refused it does not.
    if (/^\/tickets\/REQ\d+$/.test(location.pathname)) waiting.delete(stored?.filed);
    for (const [address, body] of waiting) if (isEmpty(body)) waiting.delete(address);
    refill();
    if (waiting.size) schedule(0);
  }
})();
