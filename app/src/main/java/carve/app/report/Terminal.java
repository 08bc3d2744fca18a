package carve.app.report;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * The two streams of a command: results go to out, all else to err.
 *
 * @param out for results
 * @param err for errors, log and progress
 * @param interactive whether a person looks at err, so that lines may be redrawn
 */
public record Terminal(PrintWriter out, PrintWriter err, boolean interactive) {
    /** Returns the terminal of the process, in UTF-8. */
    public static Terminal system(boolean interactive) {
        return new Terminal(writer(System.out), writer(System.err), interactive);
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    /** Prints text without a line end, at once. */
    public void print(String text) {
        out.print(text);
        out.flush();
    }

    /** Prints a line. */
    public void println(String line) {
        out.println(line);
    }

    /** Prints a remark. */
    public void printMessage(String line) {
        err.println(line);
    }
}
