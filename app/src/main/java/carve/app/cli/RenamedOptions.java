package carve.app.cli;

import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Options that had another name before; the old names are refused with the new name in the message. */
final class RenamedOptions {
    private static final Map<String, String> NEW_NAMES =
            Map.of("--key", "--api-key", "--keys", "--api-key-file", "--no-key", "--no-api-key");

    private RenamedOptions() {}

    /** Returns the message for a line with the old name of an option that its command has under another name. */
    static Optional<String> message(ParameterException e) {
        if (!(e instanceof UnmatchedArgumentException unmatched)) {
            return Optional.empty();
        }
        Map<String, ?> known = e.getCommandLine().getCommandSpec().optionsMap();
        return unmatched.getUnmatched().stream()
                .map(argument -> argument.split("=", 2)[0])
                .filter(option -> NEW_NAMES.containsKey(option) && known.containsKey(NEW_NAMES.get(option)))
                .findFirst()
                .map(option -> "option '%s' is now called '%s'".formatted(option, NEW_NAMES.get(option)));
    }
}
