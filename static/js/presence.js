// Tells colleagues who reads and who writes on a ticket, and shows who else does.
(() => {
  const WRITES_FOR = 15_000; // milliseconds after the last key
  const on = (name, handle) => document.addEventListener(name, handle);
  const line = () => document.querySelector("[data-presence]");
  let at; // where this page is said to be
  let said; // as what
  let typed = -Infinity;
  let timer;

  const state = () => (Date.now() - typed < WRITES_FOR ? "writing" : "reading");
  const send = async (url, word) => {
    const headers = { ...JSON.parse(document.body.getAttribute("hx-headers:inherited")), "X-Page": lodge.page, "X-Background": "true" };
    const body = new URLSearchParams({ state: word });
    const answer = await fetch(url, { method: "POST", body, headers, keepalive: true, redirect: "manual" }).catch(() => {});
    return answer?.ok ? answer.json() : { writing: "", reading: "" };
  };
  const leave = () => {
    if (at) send(at, "gone");
    at = undefined;
    clearTimeout(timer);
  };
  const show = ({ writing, reading }) => {
    const place = line();
    const words = [writing, reading].filter(Boolean).join(" · ");
    if (place.textContent === words) return;
    const strong = document.createElement("strong");
    strong.textContent = writing;
    place.replaceChildren(...(writing ? [strong] : []), words.slice(writing.length));
    if (!words) place.replaceChildren();
    // Told once, and not in the place of what somebody can still undo.
    if (words && !document.querySelector("#status button")) lodge.tell(words);
  };
  const beat = async () => {
    const place = document.hidden || !lodge.isOn() ? undefined : line();
    const url = place?.dataset.presence;
    if (url !== at) {
      leave();
      typed = -Infinity;
    }
    at = url;
    clearTimeout(timer);
    if (!url) return;
    timer = setTimeout(beat, place.dataset.beat * 1000);
    said = state();
    const others = await send(url, said);
    if (line()?.dataset.presence === url) show(others);
  };

  on("input", ({ target }) => {
    if (target.id !== "message" || !at) return;
    typed = Date.now();
    if (said !== "writing") beat();
  });
  on("submit", ({ target }) => { if (target.id === "reply") typed = -Infinity; });
  on("htmx:after:swap", () => { if (line()?.dataset.presence !== at) beat(); });
  on("lodge:presence", beat);
  on("visibilitychange", beat);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", beat);
})();
