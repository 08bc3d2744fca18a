package carve.app.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.runtime.memory.InferenceCost;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Pictures are whole files, with a box and figures for every layer, and nothing outside of the sheet. */
final class LayerDiagramTest {
    private static InferenceCost stack(int layers, String... mixers) {
        List<InferenceCost.LayerCost> all = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            String mixer = mixers[i % mixers.length];
            long cache = mixer.equals("attention") ? 1L << 30 : 1 << 10;
            all.add(new InferenceCost.LayerCost(
                    "llm." + i, mixer, Map.of("conv-width", 4), true, 1000, 2000, cache, 2000 + cache));
        }
        return new InferenceCost(
                all, new InferenceCost.LayerCost("in, out", "", Map.of(), false, 9000, 9000, 0, 5000), 16 * 1024);
    }

    private static Element parsed(byte[] svg) throws IOException, ParserConfigurationException, SAXException {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg))
                .getDocumentElement();
    }

    private static List<Element> elements(Element root, String name) {
        NodeList nodes = root.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private static double number(Element element, String name) {
        return Double.parseDouble(element.getAttribute(name));
    }

    @Test
    void everyLayerHasItsBoxAndFigures() throws Exception {
        InferenceCost teacher = stack(5, "attention");
        InferenceCost student = stack(5, "attention", "<mamba2> & co");
        Element svg = parsed(new LayerDiagram("a student", student, Optional.of(teacher)).svg());
        List<String> texts =
                elements(svg, "text").stream().map(Element::getTextContent).toList();
        assertTrue(texts.contains("a student"), texts::toString);
        assertTrue(texts.contains("attention, 3 layers"), texts::toString);
        assertTrue(texts.contains("<mamba2> & co, 2 layers"), texts::toString);
        assertEquals(3, texts.stream().filter("attention, conv-width 4"::equals).count());
        assertEquals(3, texts.stream().filter("1 GiB"::equals).count());
        assertTrue(texts.contains("teacher 5 GiB, -40.0 %"), texts::toString);
        assertTrue(texts.contains("cache at 16K"), texts::toString);
    }

    @Test
    void nothingIsOutsideOfTheSheet() throws Exception {
        for (int layers : new int[] {1, 13, 64, 200}) {
            Element svg = parsed(new LayerDiagram("x", stack(layers, "mamba2", "attention"), Optional.empty()).svg());
            double width = number(svg, "width");
            double height = number(svg, "height");
            for (Element box : elements(svg, "rect")) {
                assertTrue(number(box, "width") >= 0 && number(box, "height") > 0, box.getAttribute("height"));
                if (box.hasAttribute("x")) {
                    assertTrue(number(box, "x") + number(box, "width") <= width);
                    assertTrue(number(box, "y") + number(box, "height") <= height);
                }
            }
            for (Element text : elements(svg, "text")) {
                assertTrue(number(text, "y") < height, text.getTextContent());
            }
        }
    }

    @Test
    void pngHasTwiceThePixels() throws IOException {
        var picture = new LayerDiagram("x", stack(2, "mamba2"), Optional.empty());
        var image = ImageIO.read(new ByteArrayInputStream(picture.png()));
        assertEquals(2000, image.getWidth());
        assertTrue(IntStream.range(0, image.getHeight()).anyMatch(y -> image.getRGB(400, y) == 0xff3b7dd8));
    }
}
