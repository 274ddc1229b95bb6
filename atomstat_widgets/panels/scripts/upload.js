// --- a file goes to the kernel in pieces, which no server finds too large, and by which it says how far it is

const PIECE = 1e6; // bytes
let uploading = null;

async function upload(file, model) {
  const id = uploading = Math.random();
  model.send({ upload: id, name: file.name, size: file.size });
  if (file.size > model.get("largest")) return; // which the kernel says
  for (let start = 0; start < file.size && id === uploading; start += PIECE) {
    const piece = await file.slice(start, start + PIECE).arrayBuffer();
    model.send({ upload: id, start }, undefined, [piece]);
  }
}

function takeFiles(root, alone, model, signal) {
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.addEventListener("change", () => {
    if (chooser.files.length > 0) upload(chooser.files[0], model);
    chooser.value = ""; // so that the same file can be chosen again
  });
  root.addEventListener("click", (event) => {
    if (event.target.closest(".atomstat-upload")) chooser.click();
  }, { signal });

  const target = alone ? document : root;
  target.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  target.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    upload(event.dataTransfer.files[0], model);
  }, { signal });
}
