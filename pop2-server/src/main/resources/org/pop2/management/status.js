'use strict';
(() => {
  const INTERVAL = 5000;
  const said = document.getElementById('said');
  // kept nowhere but here: a reload of the page forgets it
  let token = '';

  const headers = () => (token ? { Authorization: 'Bearer ' + token } : {});

  async function refresh() {
    const response = await fetch('/', { headers: headers() });
    if (response.status === 401 || response.status === 403) {
      token = '';
      said.textContent = 'This is not the management token.';
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = page.getElementById('shown');
    const shown = document.getElementById('shown');
    const focused = shown.contains(document.activeElement) ? document.activeElement.dataset.session : undefined;
    shown.replaceWith(document.adoptNode(fresh));
    if (focused) {
      document.querySelector('[data-session="' + focused + '"]')?.focus();
    }
  }

  function tryTo(work) {
    work().catch(() => { said.textContent = 'The server does not answer.'; });
  }

  document.getElementById('access').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = document.getElementById('token');
    token = input.value.trim();
    input.value = '';
    said.textContent = '';
    tryTo(refresh);
  });

  document.addEventListener('click', (event) => {
    const session = event.target instanceof Element && event.target.closest('[data-session]')?.dataset.session;
    if (session && window.confirm('Close session ' + session + '?')) {
      tryTo(async () => {
        const response = await fetch('/sessions/' + session, { method: 'DELETE', headers: headers() });
        said.textContent = response.ok ? 'Session ' + session + ' is closed.' : 'Session ' + session + ' is gone.';
        await refresh();
      });
    }
  });

  setInterval(() => {
    if (!document.hidden) {
      tryTo(refresh);
    }
  }, INTERVAL);
})();
