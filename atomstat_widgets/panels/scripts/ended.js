// --- the end of a session: all of it is in the kernel, and nothing else says that it is gone

const PAUSE = 3000; // ms: the page connects again by itself
const LONG_PAUSE = 20000; // ms: of a kernel that was ended on purpose a connected page is told nothing
const STOPPED = ": its kernel stopped, perhaps for want of memory.";
const WHY = { dead: STOPPED, autorestarting: STOPPED, restarting: ": its kernel was restarted." }; // the last by a user

function tellOfEnd(kernel, root, alone, signal) {
  const [Again, again] = alone ? ["Reload", "reload"] : ["Run its cell again", "run its cell again"];
  let told = null;
  let ended = false;
  let timer = null;

  function tell(words) {
    told?.remove();
    told = document.createElement("div");
    told.className = "atomstat-ended";
    told.setAttribute("role", "alert");
    told.append(words);
    if (alone) {
      const button = document.createElement("button");
      button.textContent = "Reload";
      button.onclick = () => location.reload();
      told.append(button);
    }
    root.prepend(told);
  }

  async function ask() {
    let status = 0;
    try {
      const address = `${kernel.serverSettings.baseUrl}api/kernels/${kernel.id}?no_track_activity=1`; // not the user's doing
      status = (await fetch(address, { cache: "no-store" })).status;
    } catch {}
    if (ended) return;
    if (status === 404) end(": its kernel is gone, perhaps after a time without a page.");
    else if (status === 200 || kernel.connectionStatus === "connected") told?.remove();
    else tell(`The server does not answer. When it does again, ${again} to begin a new session.`);
  }

  function follow() {
    clearInterval(timer);
    if (ended) return;
    const connected = kernel.connectionStatus === "connected";
    if (connected) told?.remove();
    timer = setInterval(ask, connected ? LONG_PAUSE : PAUSE);
  }

  function end(why) {
    ended = true;
    clearInterval(timer);
    tell(`This session has ended${why} ${Again} to begin a new one.`);
  }

  function hear() {
    if (!ended && kernel.status in WHY) end(WHY[kernel.status]);
  }

  kernel.connectionStatusChanged.connect(follow);
  kernel.statusChanged.connect(hear);
  follow();
  const stop = () => {
    clearInterval(timer);
    kernel.connectionStatusChanged.disconnect(follow);
    kernel.statusChanged.disconnect(hear);
  };
  signal.addEventListener("abort", stop);
  addEventListener("pagehide", stop, { signal }); // leaving the page ends connections too
}
