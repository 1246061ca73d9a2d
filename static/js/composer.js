// For who writes, or looks at a picture: loaded once somebody is about to (app.js).
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
