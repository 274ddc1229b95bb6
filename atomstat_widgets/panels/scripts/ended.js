// --- the end of a session: all of it is in the kernel, and nothing else says that it is gone

const PAUSE = 3000; // ms: the page connects again by itself

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
      const address = `${kernel.serverSettings.baseUrl}api/kernels/${kernel.id}`;
      status = (await fetch(address, { cache: "no-store" })).status;
    } catch {}
    if (ended || timer === null) return; // or connected again meanwhile
    if (status === 404) end(" after a time without a page.");
    else if (status === 200) told?.remove();
    else tell(`The server does not answer. When it does again, ${again} to begin a new session.`);
  }

  function follow() {
    clearInterval(timer);
    timer = null;
    if (ended) return;
    if (kernel.connectionStatus === "connected") told?.remove();
    else timer = setInterval(ask, PAUSE);
  }

  function end(why) {
    ended = true;
    clearInterval(timer);
    tell(`This session has ended${why} ${Again} to begin a new one.`);
  }

  function hear() {
    if (["dead", "restarting", "autorestarting"].includes(kernel.status)) {
      end(": its kernel stopped, perhaps for want of memory.");
    }
  }

  kernel.connectionStatusChanged.connect(follow);
  kernel.statusChanged.connect(hear);
  const stop = () => {
    clearInterval(timer);
    kernel.connectionStatusChanged.disconnect(follow);
    kernel.statusChanged.disconnect(hear);
  };
  signal.addEventListener("abort", stop);
  addEventListener("pagehide", stop, { signal }); // leaving the page ends connections too
}
