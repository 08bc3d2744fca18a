// Makes data URLs of images. Large images are scaled down.

const MOST_SIDE = 1280;
const MOST_BYTES = 300_000;

function read(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Error(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
}

function load(url, name) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => failed(new Error(`${name} is not an image that this browser can display`));
    image.src = url;
  });
}

/** Returns a PNG or JPEG of a file as a data URL. */
export async function pictureOf(file) {
  const url = await read(file);
  const image = await load(url, file.name || 'this');
  const fits = Math.max(image.naturalWidth, image.naturalHeight) <= MOST_SIDE && file.size <= MOST_BYTES;
  if (fits && /^data:image\/(png|jpeg)/.test(url)) return url;
  const scale = Math.min(1, MOST_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  const pen = canvas.getContext('2d');
  pen.fillStyle = 'white';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.9);
}
