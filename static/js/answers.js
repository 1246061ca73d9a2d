// Answers that are about to leave: the seconds that are left, and a look once they are over.
(() => {
  const on = (name, handle) => document.addEventListener(name, handle);
  const SLACK = 1500; // milliseconds that an answer may take to leave
  const started = new WeakMap(); // the words with the seconds → when it leaves, by this page's clock

  const count = () => {
    let left = false;
    for (const words of document.querySelectorAll("[data-leaves]")) {
      const key = words.closest("li").id + words.dataset.leaves;
      if (started.get(words)?.key !== key) {
        started.set(words, { key, at: performance.now() + Number(words.dataset.leaves) * 1000 });
      }
      const due = started.get(words);
      const seconds = Math.max(0, Math.ceil((due.at - performance.now()) / 1000));
      words.textContent = words.textContent.replace(/\d+/, seconds);
      if (performance.now() < due.at + SLACK) left = true;
      else if (!due.looked) {
        due.looked = true;
        const ticket = words.closest("[data-live]");
        ticket?.dispatchEvent(new CustomEvent("lodge:changed", { bubbles: true, detail: {} }));
      }
    }
    return left;
  };
  let timer;
  const start = () => {
    timer ??= setInterval(() => {
      if (count()) return;
      clearInterval(timer);
      timer = undefined;
    }, 500);
  };
  // What is being written goes along, to be kept beside the answer that comes back.
  document.addEventListener("submit", ({ target }) => {
    if (!target.matches("[data-beside]")) return;
    target.elements.message.value = document.getElementById("message")?.value ?? "";
    target.elements.internal.value = document.querySelector("#reply [name=internal]:checked")?.value ?? "";
  }, true);
  start();
  on("htmx:after:swap", start);
})();
