import { html } from "#src/viewer/markup";

/** The window that `createBrowserInspector({ url })` opens: it passes on what the app that opened it says. */
export const windowPage = (nonce: string, feed: string): string =>
  html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>crucible inspect</title>
<style nonce="${nonce}">:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif } body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem }</style>
<main><h1>crucible inspect</h1>
<p id="state" role="status">Connecting &hellip;</p>
<p>This window passes on what the app that opened it says of its actors. Leave it open, and look at the address that <code>crucible inspect</code> printed.</p></main>
<script nonce="${nonce}" data-feed="${feed}">
  const socket = new WebSocket(document.currentScript.dataset.feed);
  const state = document.getElementById("state");
  const app = window.opener;
  socket.onopen = () => {
    state.textContent = app ? "Connected." : "No app opened this window: it has nothing to pass on.";
    app?.postMessage({ type: "@statelyai.connected" }, "*");
  };
  socket.onclose = () => { state.textContent = "crucible inspect has ended."; };
  addEventListener("message", ({ source, data }) => {
    if (!app || source !== app || !Object.hasOwn(Object(data), "_version") || socket.readyState !== 1) return;
    socket.send(JSON.stringify(data));
  });
<\/script>
</html>
`.text;

/** What that window may load: itself, and the socket of this machine. */
export const windowPolicy = (nonce: string): string =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src ws://127.0.0.1:*; frame-ancestors 'none'; base-uri 'none'`;
