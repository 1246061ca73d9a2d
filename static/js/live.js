// Shows what others change while a page is open: told by a stream, or asked for now and then.
(() => {
  const EVERY = 30_000; // milliseconds between two looks without a stream
  const TRY_AGAIN = 10; // looks after which a stream is asked for again; and after 1, 2, 4, 8
  const LOST = 3; // attempts in vain after which a page looks by itself
  const PAUSE = 2_000; // milliseconds until a stream that broke off is asked for again
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const page = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const watched = new Map(); // address of a stream → its Watch
  const on = (name, handle) => document.addEventListener(name, handle);
  const isOn = () => localStorage.getItem("lodge.live") !== "off";
  const find = (address) => document.querySelector(`[data-live="${address}"]`);

  // Who watches decides what to do about it: `returned` is whether nobody looked meanwhile.
  const changed = (address, returned = false) =>
    find(address)?.dispatchEvent(new CustomEvent("lodge:changed", { bubbles: true, detail: { returned } }));

  class Watch {
    // `since`: when the page was made, as far as it is what the server says now.
    constructor(address, since) {
      this.address = address;
      this.sources = new Set();
      this.open(since ? `&since=${since}` : "");
    }
    open(since = "") {
      const source = new EventSource(`${this.address}${this.address.includes("?") ? "&" : "?"}page=${page}${since}`);
      this.sources.add(source);
      source.onopen = () => {
        for (const other of this.sources) if (other !== source) this.drop(other);
        clearInterval(this.timer);
        this.timer = undefined;
        this.failures = 0;
        if (this.lost) changed(this.address);
        this.lost = false;
      };
      source.onmessage = ({ data }) => this.askWithin(Number(data));
      source.addEventListener("renew", () => this.open());
      source.addEventListener("pause", ({ data }) => {
        this.pause = Number(data);
      });
      for (const name of ["bell", "presence"]) {
        source.addEventListener(name, () => document.dispatchEvent(new Event(`lodge:${name}`)));
      }
      source.onerror = () => {
        this.lost = true;
        const refused = source.readyState === EventSource.CLOSED;
        this.drop(source);
        if (this.sources.size) return;
        // What tells may be out of reach where the desk is not.
        if (refused || this.failures >= LOST) this.look();
        else this.comeBack();
      };
    }
    // By itself a browser would go where it was led to, and nobody would be asked who may watch.
    comeBack() {
      this.failures = (this.failures ?? 0) + 1;
      const pause = (this.pause ?? PAUSE) * 2 ** Math.min(this.failures - 1, 4) * (0.5 + Math.random() / 2);
      this.again = setTimeout(() => this.open(), pause);
    }
    // Others hear of the same change at the same moment: each page asks at one of its own.
    // What it is about is asked for sooner than what stands beside it.
    askWithin(milliseconds) {
      if (this.waiting && this.within <= milliseconds) return;
      clearTimeout(this.waiting);
      this.within = milliseconds;
      this.waiting = setTimeout(() => {
        this.waiting = undefined;
        changed(this.address);
      }, Math.random() * milliseconds);
    }
    // No stream to spare: look from time to time.
    look() {
      let looks = 0;
      this.timer ??= setInterval(() => {
        changed(this.address);
        looks += 1;
        // Whoever tells may just have been started again.
        if (looks % TRY_AGAIN === 0 || (looks < TRY_AGAIN && Number.isInteger(Math.log2(looks)))) this.open();
      }, EVERY);
    }
    drop(source) {
      source.close();
      this.sources.delete(source);
    }
    close() {
      for (const source of this.sources) this.drop(source);
      clearInterval(this.timer);
      clearTimeout(this.again);
      clearTimeout(this.waiting);
    }
  }

  // Nobody looks at a hidden page: it holds no stream.
  const scan = ({ returned = false } = {}) => {
    const shown = document.hidden || !isOn() ? [] : document.querySelectorAll("[data-live]");
    const wanted = new Set([...shown].map((element) => element.dataset.live));
    for (const [address, watch] of watched) {
      if (wanted.has(address)) continue;
      watch.close();
      watched.delete(address);
    }
    for (const address of wanted) {
      if (watched.has(address)) continue;
      watched.set(address, new Watch(address, returned ? "" : find(address).dataset.liveSince));
    }
  };
  scan();
  on("htmx:after:swap", () => scan());
  on("visibilitychange", () => {
    scan({ returned: true });
    for (const address of watched.keys()) changed(address, true);
  });
  addEventListener("pagehide", () => {
    for (const watch of watched.values()) watch.close();
    watched.clear();
  });
  addEventListener("pageshow", () => scan());

  const box = document.querySelector("[data-live-switch]");
  if (box) {
    box.checked = isOn();
    box.addEventListener("change", () => {
      localStorage.setItem("lodge.live", box.checked ? "on" : "off");
      scan();
    });
  }

  // What this page does itself is not told to it, and what it asks for by itself keeps no session.
  on("htmx:config:request", ({ detail: { ctx } }) => {
    ctx.request.headers["X-Page"] = page;
    // From where on a conversation is shown, so that what was unfolded stays.
    const first = document.querySelector("#timeline > .msg");
    if (first) ctx.request.headers["X-Shown"] = first.id.replace("comment-", "");
  });
  const ask = (url, options, target) =>
    htmx.ajax("GET", url, { ...options, headers: { "HX-Target": target, "X-Background": "true" } });

  // In the live region: for who does not see the rest, or for all.
  const tell = (text, isSeen) => {
    const words = document.createElement("span");
    words.className = isSeen ? "" : "sr";
    words.textContent = text;
    document.getElementById("status").replaceChildren(words);
  };
  // Says that there is something new, with a way to it.
  const say = (words, show) => {
    const news = document.getElementById("news");
    if (!news || news.firstElementChild) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-plain";
    button.textContent = news.dataset.show;
    button.addEventListener("click", () => {
      news.replaceChildren();
      show();
    });
    const text = document.createElement("p");
    text.textContent = news.dataset[words];
    news.replaceChildren(text, button);
    tell(news.dataset[words]);
  };
  const hush = () => document.getElementById("news")?.replaceChildren();
  globalThis.lodge = { ask, say, hush, tell, isOn, page };
  // Who answers, or opens another ticket, has done with what came in.
  on("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.request.headers["X-Background"]) return;
    const answers = ctx.request.method === "POST" && ctx.target?.id !== "queue";
    if (answers || ctx.target?.id === "panel") hush();
  });
  // Who has had it before their eyes for a while has read it.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      setTimeout(hush, 8_000);
    }
  });

  // A ticket: facts and conversation. A form in which nothing is written learns of the version, too.
  on("lodge:changed", async ({ target }) => {
    if (!target.matches(".ticket")) return;
    // Earlier messages stay: what is new does not come next to them.
    if ("earlier" in target.dataset) {
      say("changed", () => location.assign(target.dataset.ticket));
      return;
    }
    const ids = () => [...target.querySelectorAll("#timeline > [id]")].map((entry) => entry.id);
    const known = new Set(ids());
    const text = target.querySelector("#message");
    const untouched = text && !text.value && text !== document.activeElement;
    await ask(`${target.dataset.ticket}${untouched ? "?reply=1" : ""}`, { swap: "none", target }, "ol#timeline");
    // An answer that has left stands there as a message; that is nothing new.
    const now = ids();
    const left = [...known].filter((id) => id.startsWith("scheduled-") && !now.includes(id));
    const first = now.filter((id) => !known.has(id))[left.length];
    if (!first) return;
    const entry = document.getElementById(first);
    say("message", () => entry.querySelector(".msg-time").focus());
    seen.disconnect();
    seen.observe(entry);
  });
})();
