// Passkeys: asks the browser, puts its answer into the form, sends the form as any other.
(() => {
  const { PublicKeyCredential: Key } = window;
  if (!Key?.parseRequestOptionsFromJSON) return;

  const ask = async ({ dataset, elements }) => {
    const headers = { "X-CSRFToken": elements.csrf_token.value };
    const answer = await fetch(dataset.options, { method: "POST", headers });
    if (answer.redirected) return location.assign(answer.url); // a fresh password is wanted first
    if (!answer.ok) throw new Error(answer.statusText);
    const options = await answer.json();
    return dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: Key.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: Key.parseRequestOptionsFromJSON(options) });
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const problem = form.querySelector("[role=alert]");
      problem.hidden = true;
      try {
        const passkey = await ask(form);
        if (!passkey) return;
        form.elements.credential.value = JSON.stringify(passkey);
        form.submit();
      } catch {
        problem.hidden = false;
      }
    });
  }
})();
