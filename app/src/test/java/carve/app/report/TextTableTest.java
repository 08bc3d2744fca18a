package carve.app.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Words stand at the left, numbers at the right, and amounts are short. */
final class TextTableTest {
    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        TextTable textTable = new TextTable("NAME", "BYTES", "SHARE")
                .row("linear", "1,024", "97.5 %")
                .row("x", 7, "9.0 %");
        assertEquals(
                List.of("NAME    BYTES   SHARE", "linear  1,024  97.5 %", "x           7   9.0 %"), textTable.lines());
    }

    @Test
    void amountsAreWrittenForPeople() {
        assertEquals(
                List.of("0 B", "1023 B", "1.50 KiB", "16 MiB", "25.8 GiB"),
                List.of(
                        HumanReadable.bytes(0),
                        HumanReadable.bytes(1023),
                        HumanReadable.bytes(1536),
                        HumanReadable.bytes(16L << 20),
                        HumanReadable.bytes(103L << 28)));
        assertEquals("2,606,327,808", HumanReadable.count(2_606_327_808L));
        assertEquals(
                List.of("4.2 s", "59 s", "3 min 05 s", "2 h 10 min"),
                List.of(
                        HumanReadable.time(4.2),
                        HumanReadable.time(59),
                        HumanReadable.time(185),
                        HumanReadable.time(7800)));
    }
}
