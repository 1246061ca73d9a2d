// For who writes, or looks at a picture: loaded once somebody is about to (app.js).
globalThis.lodge ??= {};
// Marks. What is put into the text can be undone by the browser, which `setRangeText` cannot.
(() => {
  const on = (name, handle, capture) => document.addEventListener(name, handle, capture);
  const put = (field, text, from = field.selectionStart, to = field.selectionEnd) => {
    field.focus();
    field.setSelectionRange(from, to);
    if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
    field.setRangeText(text, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  lodge.put = put;

  const stars = (text, pattern) => pattern.exec(text)[0].length;
  const isBetween = (mark, before, after) => {
    if (mark[0] !== "*") return before.endsWith(mark) && after.startsWith(mark);
    const count = Math.min(stars(before, /\**$/), stars(after, /^\**/));
    return mark.length === 2 ? count > 1 : count % 2 === 1;
  };
  const around = (field, mark) => {
    const { selectionStart: from, selectionEnd: to, value } = field;
    const chosen = value.slice(from, to);
    const taken = isBetween(mark, value.slice(0, from), value.slice(to));
    const by = taken ? -mark.length : mark.length;
    if (taken) put(field, chosen, from + by, to - by);
    else put(field, mark + chosen + mark, from, to);
    field.setSelectionRange(from + by, to + by);
  };
  const before = (field, mark) => {
    const { selectionStart, selectionEnd, value } = field;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const to = value.indexOf("\n", selectionEnd) < 0 ? value.length : value.indexOf("\n", selectionEnd);
    const lines = value.slice(from, to).split("\n");
    const taken = lines.every((line) => line.startsWith(mark));
    const text = lines.map((line) => (taken ? line.slice(mark.length) : mark + line)).join("\n");
    put(field, text, from, to);
    if (selectionStart !== selectionEnd) field.setSelectionRange(from, from + text.length);
  };
  const link = (field) => {
    const { selectionStart: from, selectionEnd: to, value } = field;
    const chosen = value.slice(from, to);
    const isAddress = /^(?:https?:|mailto:)\S+$/.test(chosen);
    const [text, address] = isAddress ? ["", chosen] : [chosen, "https://"];
    put(field, `[${text}](${address})`, from, to);
    const at = from + 1;
    if (isAddress || !text) field.setSelectionRange(at, at);
    else field.setSelectionRange(at + text.length + 2, at + text.length + 2 + address.length);
  };
  const code = (field) => {
    const { selectionStart: from, selectionEnd: to, value } = field;
    const chosen = value.slice(from, to);
    if (!chosen.includes("\n")) return around(field, "\x60");
    const fence = "\x60".repeat(3);
    put(field, `${fence}\n${chosen}\n${fence}`, from, to);
  };
  const marks = {
    bold: (field) => around(field, "**"),
    italic: (field) => around(field, "*"),
    code,
    link,
    list: (field) => before(field, "- "),
    quote: (field) => before(field, "> "),
  };
  on("click", ({ target }) => {
    const button = target.closest("[data-mark]");
    if (button) marks[button.dataset.mark](button.closest("form").elements.message);
  });
  // Before anybody else: while one writes, Ctrl K is not the palette.
  const KEYS = { KeyB: "bold", KeyI: "italic", KeyK: "link" };
  on("keydown", (event) => {
    const { target, code: key } = event;
    const mark = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && KEYS[key];
    if (!mark || target.name !== "message" || !target.form.querySelector("[data-mark]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    marks[mark](target);
  }, true);
})();

// What one has read above the composer stays above it when it grows.
(() => {
  const uncover = (target, before) => {
    const form = target.closest("form.reply");
    if (!form || form.contains(before) || getComputedStyle(form).position !== "sticky") return;
    const last = document.getElementById("timeline").getBoundingClientRect();
    const covered = last.bottom - form.getBoundingClientRect().top;
    const scroller = form.closest(".panel") ?? document.scrollingElement;
    if (covered > 0 && covered < form.offsetHeight) scroller.scrollTop += covered;
  };
  document.addEventListener("focusin", ({ target, relatedTarget }) => uncover(target, relatedTarget));
  uncover(document.activeElement); // this is loaded as somebody begins to write
})();

// The preview, which follows what is written; and quotations.
(() => {
  const PAUSE = 600; // milliseconds without typing, after which the preview follows
  const on = (name, handle) => document.addEventListener(name, handle);
  const preview = () => document.getElementById("preview");
  const isShown = () => preview()?.childElementCount;
  let timer;

  const show = async (form, headers = {}) => {
    const { message, internal, csrf_token: token } = form.elements;
    const button = form.querySelector("[data-preview]");
    const values = { message: message.value, internal: internal?.value ?? "", csrf_token: token.value };
    if (globalThis.htmx) {
      return htmx.ajax("POST", button.formAction, { target: "#preview", swap: "outerHTML", values, headers });
    }
    // A page of strangers is asked for as a whole; where it cannot be had it says why.
    const body = new URLSearchParams(values);
    const answer = await fetch(button.formAction, { method: "POST", body }).catch(() => {});
    if (!answer?.ok) return headers["X-Background"] || form.requestSubmit(button);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    preview().replaceWith(page.getElementById("preview"));
  };
  const follow = ({ target }) => {
    if (!["message", "internal"].includes(target.name) || !isShown()) return;
    clearTimeout(timer);
    timer = setTimeout(() => { if (isShown()) show(target.form, { "X-Background": "true" }); }, PAUSE);
  };
  on("input", follow);
  on("click", async (event) => {
    const button = event.target.closest("[data-preview]");
    if (!button) return;
    event.preventDefault();
    if (isShown()) return preview().replaceChildren();
    await show(button.form);
    lodge.tell?.(preview().textContent);
  });

  on("click", async (event) => {
    const link = event.target.closest("[data-quote]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const field = document.getElementById("message");
    const note = field.form.querySelector('[name=internal][value="1"]');
    if (link.dataset.internal && !note.checked) {
      if (field.value.trim()) return lodge.tell(link.dataset.internal, true);
      note.click();
    }
    const answer = await fetch(link.dataset.quote, { redirect: "error" }).catch(() => {});
    if (!answer?.ok) return location.assign(link.href);
    const text = await answer.text();
    const begun = field.value.slice(0, field.selectionStart);
    lodge.put(field, begun && !begun.endsWith("\n\n") ? `\n\n${text}` : text);
  });
})();

// Files: chosen, dropped anywhere on the page, or pasted; all of them are sent by the input of the form.
(() => {
  const on = (name, handle) => document.addEventListener(name, handle);
  const FIELD = "[type=file][data-count]";
  const chosen = new WeakMap(); // input → its files: a browser forgets them when more are chosen
  const inputOf = (element) => element.closest("form")?.querySelector(FIELD) ?? document.querySelector(FIELD);
  const size = (bytes) => {
    const [unit, by] = bytes < 1_000_000 ? ["kilobyte", 1000] : ["megabyte", 1_000_000];
    const style = { style: "unit", unit, maximumFractionDigits: 1 };
    return new Intl.NumberFormat(document.documentElement.lang, style).format(bytes / by);
  };
  const part = (name, className, text) => Object.assign(document.createElement(name), { className, textContent: text });

  const put = (input, files) => {
    const box = new DataTransfer();
    for (const file of files) box.items.add(file);
    input.files = box.files;
    chosen.set(input, files);
    let list = input.parentElement.querySelector(".chosen");
    if (!list) {
      list = part("ul", "chosen", "");
      list.ariaLive = "polite";
      input.parentElement.append(list);
    }
    list.replaceChildren(...files.map((file) => {
      const item = part("li", "", "");
      const remove = part("button", "btn btn-quiet", "×");
      Object.assign(remove, { type: "button", ariaLabel: input.dataset.remove.replace("{}", file.name) });
      remove.addEventListener("click", () => {
        put(input, chosen.get(input).filter((other) => other !== file));
        (list.querySelector("button") ?? input).focus();
      });
      item.append(part("span", "file-name", file.name), " ", part("small", "", size(file.size)), remove);
      return item;
    }));
  };
  const complain = (input, words) => {
    input.parentElement.querySelector(".field-error")?.remove();
    if (!words) return;
    const error = part("p", "field-error", words);
    error.role = "alert";
    input.parentElement.append(error);
  };
  const isSame = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
  const add = (input, more) => {
    const before = chosen.get(input) ?? [];
    const files = [...before, ...more.filter((file) => !before.some((other) => isSame(file, other)))];
    const { count, bytes, total, over } = input.dataset;
    const sizes = files.map((file) => file.size);
    const fits = files.length <= count && Math.max(0, ...sizes) <= bytes && sizes.reduce((a, b) => a + b, 0) <= total;
    put(input, fits ? files : before);
    complain(input, fits ? "" : over);
  };

  on("change", ({ target }) => { if (target.matches(FIELD)) add(target, [...target.files]); });
  // Chosen before this was there.
  for (const input of document.querySelectorAll(FIELD)) if (input.files.length) add(input, [...input.files]);
  on("paste", (event) => {
    const { files, types } = event.clipboardData;
    const input = inputOf(event.target);
    // Of a table that was copied there is a picture, too: its words are meant.
    if (!input || !files.length || types.includes("text/plain")) return;
    event.preventDefault();
    add(input, [...files]);
  });
  const isFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  const mark = (target) => {
    for (const form of document.querySelectorAll(".dropping")) form.classList.remove("dropping");
    if (target) inputOf(target)?.form.classList.add("dropping");
  };
  on("dragover", (event) => {
    if (!isFiles(event) || !inputOf(event.target)) return;
    event.preventDefault();
    mark(event.target);
  });
  on("dragleave", ({ relatedTarget }) => { if (!relatedTarget) mark(); });
  on("drop", (event) => {
    const input = inputOf(event.target);
    if (!isFiles(event) || !input) return;
    event.preventDefault();
    mark();
    const items = [...event.dataTransfer.items].filter((item) => item.webkitGetAsEntry()?.isFile !== false);
    add(input, items.map((item) => item.getAsFile()).filter(Boolean));
    input.form.elements.message.focus();
  });

  // A form that comes back has not kept its files; here they still are.
  let back;
  on("htmx:before:swap", ({ detail: { ctx } }) => {
    const input = ctx.sourceElement.querySelector?.(FIELD);
    back = ctx.response.status >= 400 && input ? chosen.get(input) : undefined;
  });
  on("htmx:after:swap", () => {
    const input = back?.length && document.querySelector(FIELD);
    if (!input || chosen.has(input)) return;
    put(input, back);
    if (input.ariaInvalid !== "true") complain(input);
  });
})();

// Pictures of the conversation, one after the other in a dialog.
(() => {
  const dialog = () => document.getElementById("viewer");
  const pictures = () => [...document.querySelectorAll("[data-picture]")];
  const place = () => pictures().findIndex((link) => link.href === shown);
  let shown; // address of the picture

  const view = (link) => {
    shown = link.href;
    const [image, bar] = dialog().children;
    image.alt = link.dataset.picture;
    image.src = bar.querySelector("a").href = shown;
    bar.querySelector("#viewer-name").textContent = link.dataset.picture;
    const count = pictures().length;
    bar.querySelector(".count").textContent = count > 1 ? `${place() + 1} / ${count}` : "";
    for (const button of bar.querySelectorAll("[data-step]")) button.hidden = count < 2;
    if (!dialog().open) dialog().showModal();
  };
  const step = (by) => {
    const all = pictures();
    if (all.length > 1) view(all.at((place() + by) % all.length));
  };

  document.addEventListener("click", (event) => {
    const { target } = event;
    const link = target.closest("[data-picture]");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      view(link);
    }
    const by = target.closest("#viewer [data-step]")?.dataset.step;
    if (by) step(Number(by));
    else if (target === dialog()) dialog().close();
  });
  document.addEventListener("keydown", ({ key, target }) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by && target.closest("#viewer")) step(by);
  });
  // Focus goes where the last picture is, which may be another than the first.
  document.addEventListener("close", ({ target }) => {
    if (target !== dialog()) return;
    target.firstElementChild.removeAttribute("src");
    pictures()[place()]?.focus();
  }, true);
})();
