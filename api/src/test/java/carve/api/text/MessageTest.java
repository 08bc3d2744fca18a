package carve.api.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class MessageTest {
    @Test
    void escapedPlacesOfImagesAreText() {
        assertEquals("a <image\\> b", Message.escape("a <image> b"));
        assertEquals("<image\\\\>", Message.escape("<image\\>"));
        assertEquals("<image <image\\>", Message.escape("<image <image>"));
        assertEquals("<image> stays", Message.unescape("<image> stays"));
    }

    @Test
    void everyTextComesBackAndHasNoPlace() {
        Random random = new Random(7);
        String[] parts = {"<image", "<image>", "\\", ">", "<", "image", " ", "é"};
        for (int i = 0; i < 10_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(8); n >= 0; n--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            String escaped = Message.escape(text.toString());
            assertFalse(escaped.contains("<image>"), escaped);
            assertEquals(text.toString(), Message.unescape(escaped));
        }
    }
}
