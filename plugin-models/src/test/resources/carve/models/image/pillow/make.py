"""Makes the pictures of this folder and expected.txt: each name with Pillow's Image.open(...).convert("RGB") in hexadecimal,
and for those with an orientation tag what ImageOps.exif_transpose makes of it. Made by Pillow 13.0.0 with libjpeg-turbo 3.2.0."""

import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

W, H = 11, 7
FOLDER = Path(__file__).parent
y, x = np.mgrid[0:H, 0:W]
colours = np.stack([(x * 23) % 256, (y * 37) % 256, (x * 7 + y * 29) % 256], -1).astype(np.uint8)
rgb = Image.fromarray(colours)
gray = rgb.getchannel(0)
alpha = rgb.getchannel(1)
rgba = Image.merge("RGBA", (*rgb.split(), alpha))
inks = Image.merge("CMYK", (*rgb.split(), Image.fromarray(((x * 3 + y * 17) % 256).astype(np.uint8))))


def save(name, image, **options):
    image.save(FOLDER / name, **options)


def adobe(data):
    """Returns where the Adobe marker begins and ends."""
    begin = data.index(b"\xff\xee")
    return begin, begin + 2 + struct.unpack(">H", data[begin + 2 : begin + 4])[0]


def gif(transparent):
    """A screen of 6 x 4 with a picture of 3 x 2 at (2, 1)."""
    codes = [c for i in (0, 1, 2, 3, 0, 1) for c in (4, i)] + [5]  # a clear code before each, so that codes keep 3 bits
    bits = sum(code << 3 * n for n, code in enumerate(codes))
    packed = bits.to_bytes((3 * len(codes) + 7) // 8, "little")
    palette = bytes(range(10, 130, 10))
    control = b"" if transparent is None else b"\x21\xf9\x04\x01\0\0" + bytes([transparent]) + b"\0"
    picture = b"," + struct.pack("<HHHHB", 2, 1, 3, 2, 0) + bytes([2, len(packed)]) + packed + b"\0"
    return b"GIF89a" + struct.pack("<HHBBB", 6, 4, 0x91, 2, 0) + palette + control + picture + b";"


def make():
    save("cmyk.jpg", inks, quality=95)
    data = (FOLDER / "cmyk.jpg").read_bytes()
    begin, end = adobe(data)
    (FOLDER / "cmyk_without_adobe.jpg").write_bytes(data[:begin] + data[end:])
    (FOLDER / "ycck.jpg").write_bytes(data[: end - 1] + b"\2" + data[end:])
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    save("profile.jpg", rgb, quality=90, icc_profile=profile)
    save("cmyk_profile_of_rgb.jpg", inks, quality=90, icc_profile=profile)
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        save(f"ycc_{name}.jpg", rgb, quality=90, subsampling=sampling)
    save("progressive.jpg", rgb, quality=90, progressive=True)
    save("gray.jpg", gray, quality=90)
    save("palette_transparency.png", rgb.quantize(16), transparency=bytes([0, 50, 255]))
    save("palette_2_bits.png", rgb.quantize(4), bits=2)
    save("gray_alpha.png", Image.merge("LA", (gray, alpha)))
    save("rgba.png", rgba)
    save("first_frame.gif", rgb, save_all=True, append_images=[Image.fromarray(255 - colours)])
    save("transparent.gif", rgba)
    (FOLDER / "offset.gif").write_bytes(gif(None))
    (FOLDER / "offset_transparent.gif").write_bytes(gif(1))
    save("24_bits.bmp", rgb)
    save("8_bits.bmp", rgb.quantize(16))
    save("1_bit.bmp", rgb.convert("1"))
    for tag in range(1, 9):
        exif = Image.Exif()
        exif[274] = tag
        save(f"orientation_{tag}.jpg", rgb, quality=90, subsampling=0, exif=exif.tobytes())
    save("orientation_6.png", rgb, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")
    save("orientation_without_end.jpg", rgb, quality=90, subsampling=0, exif=b"Exif\0\0MM\0*\0\0\0\x08\x7f\xff\x01\x13")


def line(name, image):
    return f"{name} {image.width} {image.height} {image.convert('RGB').tobytes().hex()}\n"


def expected():
    for file in sorted(FOLDER.glob("*.*")):
        if file.suffix in (".py", ".txt"):
            continue
        image = Image.open(file)
        yield line(file.name, image)
        if file.name.startswith("orientation_") and "without" not in file.name:
            yield line(file.name + " upright", ImageOps.exif_transpose(image))


make()
(FOLDER / "expected.txt").write_text("".join(expected()))
