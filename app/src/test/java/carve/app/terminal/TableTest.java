package carve.app.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Words stand at the left, numbers at the right, and amounts are short. */
final class TableTest {
    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        Table table = new Table("NAME", "BYTES", "SHARE")
                .row("linear", "1,024", "97.5 %")
                .row("x", 7, "9.0 %");
        assertEquals(List.of("NAME    BYTES   SHARE", "linear  1,024  97.5 %", "x           7   9.0 %"), table.lines());
    }

    @Test
    void amountsAreWrittenForPeople() {
        assertEquals(
                List.of("0 B", "1023 B", "1.50 KiB", "16 MiB", "25.8 GiB"),
                List.of(
                        Amounts.bytes(0),
                        Amounts.bytes(1023),
                        Amounts.bytes(1536),
                        Amounts.bytes(16L << 20),
                        Amounts.bytes(103L << 28)));
        assertEquals("2,606,327,808", Amounts.count(2_606_327_808L));
        assertEquals(
                List.of("4.2 s", "59 s", "3 min 05 s", "2 h 10 min"),
                List.of(Amounts.time(4.2), Amounts.time(59), Amounts.time(185), Amounts.time(7800)));
    }
}
