/** Who draws the charts. */
const INSPECTOR = "https://stately.ai";
/** Who does, too, in a page that connects to the machine by itself. */
const EDITOR = "https://editor.stately.ai";

/** Pages of others that may connect, if they know the address. */
export const inspectorOrigins: readonly string[] = [INSPECTOR, EDITOR];

/** The address of Stately's page that connects by itself. @param url of the bridge */
export const connectingPage = (url: string): string =>
  `${EDITOR}/inspect?ws=${encodeURIComponent(url.replace(/^http/, "ws"))}`;

/** The page that hands what it is sent over to the inspector in its frame. */
export const statelyPage = (nonce: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>crucible in Stately Inspector</title>
<style nonce="${nonce}">
  :root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif }
  html, body { height: 100%; margin: 0 }
  body { display: flex; flex-direction: column }
  p { margin: 0; padding: .5rem 1rem }
  iframe { flex: 1; border: 0 }
</style>
<p id="about" role="status">
  This machine serves the events; the page that draws them comes from <b>stately.ai</b> and needs the internet. It is shown names of
  conditions and services, states, and types of events, no data and no output. Without the internet: <code>crucible view</code>.
  <span id="state">Waiting for stately.ai &hellip;</span>
</p>
<iframe id="inspector" title="Stately Inspector" src="${INSPECTOR}/inspect"></iframe>
<script nonce="${nonce}">
  const frame = document.getElementById("inspector");
  const state = document.getElementById("state");
  let waiting = [];
  let connected = false;
  const hand = (event) => frame.contentWindow.postMessage(event, "${INSPECTOR}");
  addEventListener("message", (event) => {
    if (event.origin !== "${INSPECTOR}" || event.source !== frame.contentWindow) return;
    if (event.data?.type !== "@statelyai.connected") return;
    connected = true;
    state.textContent = "Connected.";
    waiting.forEach(hand);
    waiting = [];
  });
  const socket = new WebSocket(location.href.replace(/^http/, "ws"));
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (connected) hand(event);
    else if (waiting.push(event) > 20000) waiting.shift();
  };
  socket.onclose = () => { state.textContent = "The run has ended."; };
</script>
</html>
`;

/** What the page may load: itself, its socket, and the inspector in its frame. */
export const statelyPolicy = (nonce: string): string =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; frame-src ${INSPECTOR}; frame-ancestors 'none'; base-uri 'none'`;
