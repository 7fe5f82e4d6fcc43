'use strict';
(() => {
  const REFRESH = 5000;
  const FOLLOW = 2000;
  const byId = (id) => document.getElementById(id);
  const said = byId('said');
  const access = byId('access');
  const hide = byId('hide');
  const confirming = byId('confirm');
  const transcript = byId('transcript');
  // kept nowhere but here: a reload of the page forgets it
  let token = '';
  // counts what the operator wanted; an answer to something older is dropped
  let wish = 0;
  let lost = false;
  let asked = '';
  let watched = '';
  let follower = 0;

  const ask = (path, method = 'GET') =>
    fetch(path, { method, headers: token ? { Authorization: 'Bearer ' + token } : {}, signal: AbortSignal.timeout(20000) });

  function say(text, bad = false) {
    lost = false;
    said.textContent = text;
    said.classList.toggle('bad', bad);
  }

  function tryTo(work) {
    work().then(() => {
      if (lost) {
        say('');
      }
    }, () => {
      say('The server does not answer.', true);
      lost = true;
    });
  }

  const nameOf = (element) => element.getAttribute('aria-label');

  function isRead() {
    const selection = getSelection();
    return selection && !selection.isCollapsed && byId('shown').contains(selection.anchorNode);
  }

  /** The place of the keyboard and of scrolled tables outlives the new content. */
  function replace(fresh) {
    const shown = byId('shown');
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && (focused.dataset.kick ? '[data-kick="' + focused.dataset.kick + '"]'
      : focused.dataset.transcript ? '[data-transcript="' + focused.dataset.transcript + '"]'
        : nameOf(focused) ? '[aria-label="' + CSS.escape(nameOf(focused)) + '"]' : null);
    const scrolled = new Map();
    shown.querySelectorAll('.wide').forEach((region) => scrolled.set(nameOf(region), [region.scrollLeft, region.scrollTop]));
    shown.replaceWith(document.adoptNode(fresh));
    fresh.querySelectorAll('.wide').forEach((region) => region.scrollTo(...(scrolled.get(nameOf(region)) || [0, 0])));
    if (focused) {
      const again = place && fresh.querySelector(place);
      // who had the focus on a session that is gone goes on at the heading of the list
      const target = again || fresh.querySelector('#sessions') || fresh;
      if (!again) {
        target.tabIndex = -1;
      }
      target.focus({ preventScroll: true });
    }
  }

  async function refresh() {
    const mine = wish;
    const response = await ask('/');
    if (mine !== wish) {
      return;
    }
    if (response.status === 401 || response.status === 403) {
      forget();
      say('This is not the management token.', true);
      byId('token').focus();
      return;
    }
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('shown');
    if (mine === wish && fresh) {
      replace(fresh);
      if (access) {
        access.hidden = token !== '';
        hide.hidden = token === '';
      }
    }
  }

  function forget() {
    token = '';
    wish++;
    if (transcript.open) {
      transcript.close();
    }
    access.hidden = false;
    hide.hidden = true;
  }

  if (access) {
    byId('scriptless').hidden = true;
    access.hidden = false;
    access.addEventListener('submit', (event) => {
      event.preventDefault();
      const input = byId('token');
      token = input.value.trim();
      wish++;
      input.value = '';
      say('');
      if (/[^!-~]/.test(token)) {
        // no header could carry it
        forget();
        say('This is not the management token.', true);
        return;
      }
      tryTo(async () => {
        await refresh();
        if (token) {
          say('Users are shown.');
          hide.focus();
        }
      });
    });
    hide.addEventListener('click', () => {
      forget();
      byId('shown').querySelectorAll('#sessions, #logins, #refusals, #mailboxes')
        .forEach((heading) => heading.parentElement.remove());
      byId('token').focus();
      say('The token is forgotten.');
      tryTo(refresh);
    });
  }

  // ---- to end a session

  function back(selector) {
    const opener = document.querySelector(selector) || document.querySelector('#sessions');
    if (opener) {
      if (opener.tagName !== 'BUTTON') {
        opener.tabIndex = -1;
      }
      opener.focus();
    }
  }

  function kick(session) {
    tryTo(async () => {
      const response = await ask('/sessions/' + session, 'DELETE');
      await refresh();
      say(response.ok ? 'Session ' + session + ' is closed.'
        : response.status === 404 ? 'Session ' + session + ' has ended already.' : 'Session ' + session + ' was not closed.',
      !response.ok);
    });
  }

  byId('yes').addEventListener('click', () => {
    confirming.close();
    kick(asked);
  });
  byId('no').addEventListener('click', () => confirming.close());
  confirming.addEventListener('close', () => back('[data-kick="' + asked + '"]'));

  // ---- to look into one

  function row(line) {
    const item = document.createElement('li');
    item.dataset.number = line.number;
    const time = document.createElement('time');
    time.dateTime = line.at;
    time.textContent = line.at.slice(11, 19);
    const who = document.createElement('span');
    who.className = 'who';
    who.textContent = line.who === 'client' ? 'C:' : line.who === 'server' ? 'S:' : '';
    const text = document.createElement('span');
    text.className = line.who;
    text.textContent = line.text;
    item.append(time, who, text);
    return item;
  }

  async function follow() {
    const mine = watched;
    const response = await ask('/sessions/' + mine + '/transcript');
    const answer = await response.json();
    if (mine !== watched || !transcript.open) {
      return;
    }
    const progress = byId('progress');
    if (!response.ok) {
      clearInterval(follower);
      progress.textContent = answer.error;
      return;
    }
    const lines = byId('lines');
    const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 4;
    const last = Number(lines.lastElementChild?.dataset.number || 0);
    lines.append(...answer.lines.filter((line) => line.number > last).map(row));
    while (lines.childElementCount > 1000) {
      lines.firstElementChild.remove();
    }
    if (atEnd) {
      lines.scrollTop = lines.scrollHeight;
    }
    const state = (answer.ended ? 'The session has ended.' : 'What is said from now on is shown here; messages only with their length.')
      + (answer.file ? ' All of it is in ' + answer.file : '');
    if (progress.textContent !== state) {
      progress.textContent = state;
    }
    if (answer.ended) {
      clearInterval(follower);
    }
  }

  function followed() {
    follow().catch(() => { byId('progress').textContent = 'The server does not answer.'; });
  }

  function show(session, name) {
    watched = session;
    byId('whose').textContent = name;
    byId('progress').textContent = '';
    byId('lines').replaceChildren();
    transcript.showModal();
    followed();
    clearInterval(follower);
    follower = setInterval(() => {
      if (!document.hidden) {
        followed();
      }
    }, FOLLOW);
  }

  byId('close').addEventListener('click', () => transcript.close());
  transcript.addEventListener('close', () => {
    clearInterval(follower);
    back('[data-transcript="' + watched + '"]');
  });

  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element && event.target.closest('button');
    if (button && button.dataset.kick) {
      asked = button.dataset.kick;
      byId('question').textContent = nameOf(button) + '?';
      confirming.showModal();
    } else if (button && button.dataset.transcript) {
      show(button.dataset.transcript, nameOf(button).replace('Transcript', 'Transcript of'));
    }
  });

  setInterval(() => {
    if (!document.hidden && !isRead()) {
      tryTo(refresh);
    }
  }, REFRESH);
})();
