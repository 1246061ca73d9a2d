// Saved replies, in a dialog instead of a page. Loaded once somebody writes (app.js).
(() => {
  const on = (name, handle) => document.addEventListener(name, handle);
  const opener = () => document.querySelector("[data-replies]");
  const message = () => document.getElementById("message");
  let dialog;
  let place = [0, 0]; // where the cursor stood: it is lost with the focus
  const close = () => { dialog?.close(); };

  const open = async () => {
    dialog?.remove();
    const field = message();
    place = [field.selectionStart, field.selectionEnd];
    dialog = document.createElement("dialog");
    dialog.className = "replies";
    dialog.setAttribute("aria-label", opener().textContent.replace("/", "").trim());
    const list = document.createElement("div");
    list.id = "reply-choices";
    dialog.append(list);
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      message()?.focus();
    });
    await htmx.ajax("GET", opener().dataset.replies, { target: "#reply-choices", swap: "outerHTML" });
    if (!dialog.isConnected) return;
    dialog.showModal();
    dialog.querySelector("#reply-q")?.focus();
  };

  // The slash that asked for the list is not part of the answer.
  const insert = (text) => {
    const field = message();
    const [at, end] = place;
    const from = field.value.slice(0, at).endsWith("/") ? at - 1 : at;
    lodge.put(field, text, from, end);
  };

  on("click", (event) => {
    if (!event.target.closest("[data-replies]")) return;
    event.preventDefault();
    open();
  });
  const isAsked = (field) => opener() && /(^|\n)\/$/.test(field.value.slice(0, field.selectionStart));
  on("input", ({ target, data }) => {
    if (data === "/" && target.id === "message" && isAsked(target)) open();
  });
  // Who types fast has asked before this was there.
  if (message()?.matches(":focus") && isAsked(message())) open();
  on("keydown", (event) => {
    if (dialog?.open) {
      const list = [...dialog.querySelectorAll("#reply-q, #reply-choices li button")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const at = list.indexOf(document.activeElement);
      if (step && list.length) {
        event.preventDefault();
        list[(at + step + list.length) % list.length].focus();
      } else if (event.key === "Enter" && document.activeElement.id === "reply-q") {
        event.preventDefault();
        dialog.querySelector("li button")?.click();
      }
    }
  });
  // What is said of it stands behind the dialog.
  on("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement.matches?.("dialog [data-apply]")) close();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.closest("dialog.replies")) return;
    if (!form.matches("[data-insert]")) return;
    event.preventDefault();
    const body = new FormData(form);
    body.append("insert", "text");
    const answer = await fetch(form.action, { method: "POST", body });
    if (!answer.ok) {
      form.submit(); // the page says what is wrong
      return;
    }
    const text = await answer.text();
    close();
    insert(text);
  }, true);
})();
