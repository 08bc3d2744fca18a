package carve.models.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * The screen of a GIF file with the place of its first frame. As in Pillow, it is enlarged where the frame leaves it, and what the
 * frame does not cover has the frame's transparent colour, or else the first one of its palette.
 *
 * @param width the width of the screen
 * @param height the height of the screen
 * @param left where the frame begins
 * @param top where the frame begins
 */
record GifCanvas(int width, int height, int left, int top) {
    static GifCanvas of(ImageReader reader) throws IOException {
        IIOMetadata screen = reader.getStreamMetadata();
        IIOMetadata frame = reader.getImageMetadata(0);
        int left = value(frame, "ImageDescriptor", "imageLeftPosition");
        int top = value(frame, "ImageDescriptor", "imageTopPosition");
        return new GifCanvas(
                Math.max(value(screen, "LogicalScreenDescriptor", "logicalScreenWidth"), left + reader.getWidth(0)),
                Math.max(value(screen, "LogicalScreenDescriptor", "logicalScreenHeight"), top + reader.getHeight(0)),
                left,
                top);
    }

    private static int value(IIOMetadata metadata, String node, String attribute) throws IOException {
        NodeList children =
                metadata.getAsTree(metadata.getNativeMetadataFormatName()).getChildNodes();
        for (int i = 0; i < children.getLength(); i++) {
            Node child = children.item(i);
            if (child.getNodeName().equals(node)) {
                return Integer.parseInt(
                        child.getAttributes().getNamedItem(attribute).getNodeValue());
            }
        }
        throw new IOException("there is no " + node);
    }

    /** Returns the screen with the frame on it. */
    RgbImage paint(BufferedImage frame) throws IOException {
        RgbImage painted = RgbConversion.of(frame, false);
        if (frame.getWidth() == width && frame.getHeight() == height) {
            return painted;
        }
        if (!(frame.getColorModel() instanceof IndexColorModel palette)) {
            throw new IOException("the frame has no palette");
        }
        int index = Math.max(0, palette.getTransparentPixel());
        byte[] samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        byte[] background = {(byte) palette.getRed(index), (byte) palette.getGreen(index), (byte) palette.getBlue(index)
        };
        for (int i = 0; i < samples.length; i += 3) {
            System.arraycopy(background, 0, samples, i, 3);
        }
        byte[] raw = painted.raw();
        int row = frame.getWidth() * 3;
        for (int y = 0; y < frame.getHeight(); y++) {
            System.arraycopy(raw, y * row, samples, ((top + y) * width + left) * 3, row);
        }
        return RgbImage.wrap(width, height, samples);
    }
}
