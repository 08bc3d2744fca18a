package carve.app.cli;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The kinds of evaluation that {@code carve eval} makes, each with its own options. */
enum EvalMode {
    /** The questions of a file. */
    QUESTIONS("--data", List.of("--data", "--report", "--limit", "--batch", "--max-tokens")),
    /** A public suite. */
    SUITE(
            "--suite",
            List.of(
                    "--suite",
                    "--data",
                    "--report",
                    "--limit",
                    "--batch",
                    "--max-tokens",
                    "--images",
                    "--split",
                    "--prompts",
                    "--out",
                    "--official",
                    "--grades")),
    /** Recall tasks. */
    RECALL(
            "--task",
            List.of(
                    "--task",
                    "--lengths",
                    "--depths",
                    "--samples",
                    "--haystack",
                    "--apply-chat-template",
                    "--report",
                    "--out",
                    "--batch")),
    /** A student beside its teacher. */
    AGAINST(
            "--against",
            List.of(
                    "--against",
                    "--data",
                    "--task",
                    "--lengths",
                    "--depths",
                    "--samples",
                    "--haystack",
                    "--apply-chat-template",
                    "--report",
                    "--out",
                    "--batch",
                    "--limit",
                    "--max-tokens",
                    "--card"));

    private final String option;
    private final List<String> options;

    EvalMode(String option, List<String> options) {
        this.option = option;
        this.options = options;
    }

    /**
     * Returns the kind that a command line asks for.
     *
     * @throws ParameterException if an option belongs to another kind, or there is no data
     */
    static EvalMode of(ParseResult arguments) {
        EvalMode mode = Stream.of(SUITE, AGAINST, RECALL)
                .filter(kind -> given(arguments, kind.option))
                .findFirst()
                .orElse(QUESTIONS);
        Arrays.stream(values())
                .flatMap(kind -> kind.options.stream())
                .filter(option -> !mode.options.contains(option) && given(arguments, option))
                .findFirst()
                .ifPresent(option -> {
                    throw error(arguments, "'%s' goes with %s".formatted(option, owners(option)));
                });
        if (mode != RECALL && !given(arguments, "--data")) {
            throw error(arguments, "Missing required option: '--data=FILE'");
        }
        return mode;
    }

    private static boolean given(ParseResult arguments, String option) {
        return arguments.hasMatchedOption(option);
    }

    private static String owners(String option) {
        return String.join(
                " or ",
                Arrays.stream(values())
                        .filter(kind -> kind.options.contains(option))
                        .map(kind -> kind.option)
                        .toList());
    }

    private static ParameterException error(ParseResult arguments, String message) {
        return new ParameterException(arguments.commandSpec().commandLine(), message);
    }
}
