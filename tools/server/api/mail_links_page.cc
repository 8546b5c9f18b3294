// Plain HTML and script, no framework. What comes from a link is only ever
// shown as text.
#include "tools/server/api/mail_links_page.h"

namespace sluice::api {

const std::string_view kMailLinksHtml = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Your account</title>
<link rel="stylesheet" href="links.css">
<script src="links.js" defer></script>
</head>
<body>
<main>
<h1 id="title">Your account</h1>
<form id="form" hidden>
<p id="intro"></p>
<label id="password-label" hidden>Password
<input id="password" type="password" autocomplete="new-password" maxlength="255"></label>
<label id="again-label" hidden>The same again
<input id="again" type="password" autocomplete="new-password" maxlength="255"></label>
<button id="send">Confirm</button>
</form>
<p id="message" role="status">Open the link in the mail that you got.</p>
<noscript><p>This page needs JavaScript.</p></noscript>
</main>
</body>
</html>
)html";

const std::string_view kMailLinksScript = R"js('use strict';

const PAGES = {
  'confirm-verification': {
    title: 'Confirm your address',
    intro: 'Press the button to confirm that this address is yours.',
    button: 'Confirm',
    done: 'Thank you, your address is confirmed. You can close this page.',
    failed: 'This link is no longer good. Ask for a new one.',
    fields: [],
  },
  'confirm-password-reset': {
    title: 'Choose a new password',
    intro: 'The new password signs you out everywhere else.',
    button: 'Set the password',
    done: 'Your new password is set. You can sign in with it now.',
    failed: 'The password could not be set.',
    fields: ['password', 'again'],
  },
  'confirm-email-change': {
    title: 'Use your new address',
    intro: 'Type your password to use the new address from now on.',
    button: 'Use the new address',
    done: 'Your address is changed. Please sign in again.',
    failed: 'The address could not be changed.',
    fields: ['password'],
  },
};

const OVER = {
  'oauth2-redirect-success': ['You are signed in', 'You can close this window.'],
  'oauth2-redirect-failure': ['That did not work', 'You can close this window and try again.'],
};

const part = (id) => document.getElementById(id);

function say(text, bad) {
  part('message').textContent = text;
  part('message').className = bad ? 'bad' : '';
}

// The collection that a token says it is of; the server checks.
function collectionOf(token) {
  try {
    const text = atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    return String(JSON.parse(new TextDecoder().decode(bytes)).collectionId || '');
  } catch {
    return '';
  }
}

// What the server says is wrong, in one text.
function reason(answer, fallback) {
  const items = Object.values((answer && answer.data) || {});
  const texts = items.map((item) => item && item.message).filter(Boolean);
  return texts.length > 0 ? fallback + ' ' + texts.join(' ') : fallback;
}

async function send(name, page, token) {
  const body = {token};
  if (page.fields.includes('password')) body.password = part('password').value;
  if (page.fields.includes('again')) body.passwordConfirm = part('again').value;
  const path = '../api/collections/' + encodeURIComponent(collectionOf(token)) + '/' + name;
  part('send').disabled = true;
  say('One moment …');
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      part('form').hidden = true;
      return say(page.done);
    }
    say(reason(await answer.json(), page.failed), true);
  } catch {
    say('The server cannot be reached. Please try again.', true);
  }
  part('send').disabled = false;
}

function show() {
  const [, , name, token] = location.hash.split('/');
  part('form').hidden = true;
  if (Object.hasOwn(OVER, name || '')) {
    part('title').textContent = OVER[name][0];
    say(OVER[name][1], name.endsWith('failure'));
    window.close();
    return;
  }
  if (!Object.hasOwn(PAGES, name || '') || !token) return;
  const page = PAGES[name];
  part('title').textContent = page.title;
  document.title = page.title;
  part('intro').textContent = page.intro;
  part('send').textContent = page.button;
  part('send').disabled = false;
  for (const field of ['password', 'again']) {
    const wanted = page.fields.includes(field);
    part(field + '-label').hidden = !wanted;
    part(field).required = wanted;
    part(field).value = '';
  }
  part('password').autocomplete = name === 'confirm-email-change' ? 'current-password' : 'new-password';
  part('form').hidden = false;
  say('');
  part('form').onsubmit = (event) => {
    event.preventDefault();
    send(name, page, token);
  };
}

window.addEventListener('hashchange', show);
show();
)js";

const std::string_view kMailLinksStyle = R"css(body {
  margin: 0;
  background: #f4f5f7;
  color: #1c2430;
  font: 16px/1.5 sans-serif;
}
main {
  max-width: 400px;
  margin: 10vh auto;
  padding: 24px;
  background: #fff;
  border-radius: 6px;
}
h1 {
  margin: 0 0 16px;
  font-size: 22px;
}
label {
  display: block;
  margin: 0 0 16px;
}
[hidden] {
  display: none;
}
input {
  display: block;
  box-sizing: border-box;
  width: 100%;
  padding: 8px;
  font: inherit;
}
button {
  padding: 10px 24px;
  border: 0;
  border-radius: 4px;
  background: #1c2430;
  color: #fff;
  font: inherit;
}
button:disabled {
  opacity: 0.5;
}
.bad {
  color: #a11;
}
)css";

}  // namespace sluice::api
