// The number of unread notifications: in the bell, and before the title and in the icon of the page.
(() => {
  const bell = () => document.getElementById("bell");
  const show = () => {
    const unread = Number(bell()?.dataset.unread ?? 0);
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = unread ? `(${unread}) ${title}` : title;
    const icon = document.getElementById("icon");
    const wanted = icon.dataset[unread ? "unread" : "read"];
    if (icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
  };
  // Streams of one page hear of the same notification.
  let waiting;
  const ask = () => {
    waiting ??= setTimeout(async () => {
      waiting = undefined;
      const target = bell();
      if (target) await lodge.ask(target.dataset.bell, { target, swap: "outerMorph" }, "a#bell");
      show();
    }, 100);
  };
  document.addEventListener("lodge:bell", ask);
  // A page is not told what it does itself: who opens or answers a ticket has read of it.
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.request.method === "POST" && bell()?.dataset.unread > 0) ask();
  });
  document.addEventListener("htmx:after:swap", show);
})();
