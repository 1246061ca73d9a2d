// What a language model writes, as it comes: into the composer, or beside it. Without this the page comes when
// all of it is there. Loaded once somebody writes (app.js).
(() => {
  const on = (name, handle) => document.addEventListener(name, handle);
  const box = () => document.getElementById("helped");
  let running;

  const part = (name, className, text) => Object.assign(document.createElement(name), { className, textContent: text });
  const complain = (words) => {
    const note = part("p", "field-error", words);
    note.role = "alert";
    box()?.replaceChildren(note);
  };
  const wait = (stop) => {
    const button = part("button", "btn btn-plain", box().dataset.cancel);
    button.type = "button";
    button.addEventListener("click", stop);
    box().replaceChildren(part("p", "hint", box().dataset.waiting), button);
  };
  // Events of a body (WHATWG): `event: name`, `data: JSON`, an empty line.
  const read = async function* (body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (held + value).split("\n\n");
      held = blocks.pop();
      for (const block of blocks) {
        const [name, data] = block.split("\n");
        yield [name.slice("event: ".length), JSON.parse(data.slice("data: ".length))];
      }
    }
  };
  const element = (html, selector) => new DOMParser().parseFromString(html, "text/html").querySelector(selector);
  const end = (form, before, data) => {
    const { message, draft, internal } = form.elements;
    message.value = before;
    if (data.written) {
      if (internal?.value === "1") form.querySelector('[name=internal][value=""]')?.click();
      const state = element(data.state, "[data-draft-state]");
      draft.value = state.dataset.version;
      form.querySelector("[data-draft-state]").replaceWith(state);
      htmx.process(state);
      lodge.put(message, data.text, 0, before.length);
    }
    const helped = element(data.helped, "#helped");
    box().replaceWith(helped);
    htmx.process(helped);
    lodge.tell?.(data.words);
    if (!data.text) complain(data.words);
  };

  const ask = async (button) => {
    const { form } = button;
    const { message } = form.elements;
    const before = message.value;
    const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    body.set("task", button.value);
    running = new AbortController();
    const { signal } = running;
    wait(() => running?.abort());
    message.readOnly = true;
    message.ariaBusy = "true";
    let came = "";
    let ended = false;
    try {
      const headers = { Accept: "text/event-stream", "HX-Request": "true" };
      const answer = await fetch(button.formAction, { method: "POST", body, headers, signal, redirect: "error" });
      if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
        const error = answer.status === 204 ? null : element((await answer.text()).replaceAll("hx-partial", "div"), "#error p");
        complain(error?.textContent.trim() ?? box().dataset.failed);
        return;
      }
      const shown = ["draft", "shorter", "friendlier", "language"].includes(button.value);
      for await (const [name, data] of read(answer.body)) {
        if (!form.isConnected) return running.abort();
        if (name === "piece") {
          came += data.text;
          if (shown) message.value = came;
          else box().firstElementChild.textContent = came;
        } else if (name === "end") {
          message.readOnly = false;
          ended = true;
          end(form, before, data);
        } else complain(data.words);
      }
    } catch {
      if (signal.aborted) box()?.replaceChildren();
      else complain(box()?.dataset.failed);
    } finally {
      running = undefined;
      message.readOnly = false;
      message.ariaBusy = null;
      if (!ended) message.value = before;
      message.focus();
    }
  };
  on("click", (event) => {
    const button = event.target.closest("[data-model]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    button.closest("details").open = false;
    if (!running) ask(button);
  });
})();
