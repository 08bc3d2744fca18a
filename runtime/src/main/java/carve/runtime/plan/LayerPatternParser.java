package carve.runtime.plan;

import carve.api.config.SettingsException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A parser of mixer names with repetitions and groups: {@code keep (mamba2 x3 keep) x2 mamba2 x rest}.
 *
 * <pre>{@code
 * text       = { item [ repetition ] [ "," ] }
 * item       = word | "(" text ")"
 * repetition = "x" ( number | "rest" )              rest stands once, outside of groups
 * }</pre>
 */
final class LayerPatternParser {
    /** The most layers that a plan may have; no model comes near. */
    static final int MAX_LAYERS = 100_000;

    private static final int MAX_DEPTH = 32;
    private static final int REST = -1;
    private static final Pattern TOKEN =
            Pattern.compile("[(),]|x\\s*(?<times>\\d+|rest)(?=$|[\\s(),])|(?<word>[^\\s(),]+)");
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");
    private static final String EXAMPLE =
            "write names, as in 'keep', 'mamba2 x3', '(keep mamba2 x3) x2' or 'mamba2 x rest'";

    /** Words, and how often they come; as often as layers are left where times is REST. */
    record Run(List<MixerReference> words, int times) {}

    private final String text;
    private final String place;
    private final Matcher matcher;
    private boolean more;
    private int depth;
    private long parsed;

    private LayerPatternParser(String text, String place) {
        this.text = text;
        this.place = place;
        this.matcher = TOKEN.matcher(text);
        this.more = matcher.find();
    }

    /**
     * Returns the runs of a text.
     *
     * @param place where it was written, for messages and words
     */
    static List<Run> parse(String text, String place) {
        LayerPatternParser parser = new LayerPatternParser(text, place);
        List<Run> runs = parser.runs();
        if (parser.more) {
            throw parser.problem("unmatched ')'");
        }
        if (runs.isEmpty()) {
            throw new SettingsException("%s: found no name in '%s'; %s".formatted(place, text, EXAMPLE));
        }
        return runs;
    }

    /**
     * Returns the words of runs.
     *
     * @param layers how many there have to be if a run fills the rest; negative if that is not known
     */
    static List<MixerReference> expand(List<Run> runs, int layers, String place) {
        long fixed = 0;
        int rests = 0;
        for (Run run : runs) {
            fixed += run.times == REST ? 0 : (long) run.words.size() * run.times;
            rests += run.times == REST ? 1 : 0;
        }
        if (rests > 1 || rests == 1 && layers < 0 || fixed > MAX_LAYERS) {
            throw new SettingsException(place + ": " + unfit(rests, fixed));
        }
        List<MixerReference> words = new ArrayList<>();
        for (Run run : runs) {
            int times = run.times == REST ? timesToFill(run, layers - fixed, place) : run.times;
            for (int i = 0; i < times; i++) {
                words.addAll(run.words);
            }
        }
        return words;
    }

    private static String unfit(int rests, long fixed) {
        if (rests > 1) {
            return "'x rest' occurs %d times; at most one is allowed".formatted(rests);
        }
        return rests == 1
                ? "found 'x rest', but the number of layers is not known here; write a number"
                : "the pattern has %d layers; the maximum is %d".formatted(fixed, MAX_LAYERS);
    }

    private static int timesToFill(Run run, long left, String place) {
        if (left < 0 || left % run.words.size() != 0) {
            throw new SettingsException("%s: 'x rest' repeats a group of %d layers, but %d layers remain; %s"
                    .formatted(
                            place,
                            run.words.size(),
                            left,
                            left < 0 ? "remove mixers" : "change the group or the mixers around it"));
        }
        return (int) (left / run.words.size());
    }

    private List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        while (more && !matcher.group().equals(")")) {
            if (matcher.group().equals(",")) {
                next();
            } else {
                List<MixerReference> words = item();
                Run run = new Run(words, times());
                requireFew(run);
                runs.add(run);
            }
        }
        return runs;
    }

    // counted while parsing, as many groups of allowed size would fill the memory
    private void requireFew(Run run) {
        parsed += (long) run.words.size() * Math.max(1, run.times);
        if (parsed > 2L * MAX_LAYERS) {
            throw new SettingsException(
                    "%s: the pattern has more than %d layers, the maximum".formatted(place, MAX_LAYERS));
        }
    }

    private List<MixerReference> item() {
        if (matcher.group("times") != null) {
            throw problem("expected a mixer or group before the repetition, for example 'mamba2 x3'");
        }
        if (matcher.group().equals("(")) {
            return group();
        }
        String word = matcher.group("word");
        if (!WORD.matcher(word).matches()) {
            throw problem(EXAMPLE);
        }
        if (word.equals("x")) {
            throw problem("a number or 'rest' has to follow 'x', as in 'mamba2 x3'");
        }
        next();
        return List.of(new MixerReference(word, place));
    }

    private List<MixerReference> group() {
        int open = matcher.start();
        if (++depth > MAX_DEPTH) {
            throw problem("groups are nested more than %d deep".formatted(MAX_DEPTH));
        }
        next();
        List<Run> inner = runs();
        depth--;
        if (!more) {
            throw new SettingsException("%s: character %d of '%s': unmatched '('".formatted(place, open + 1, text));
        }
        if (inner.isEmpty()) {
            throw problem("a group needs a name, as in '(keep mamba2 x3)'");
        }
        if (inner.stream().anyMatch(run -> run.times == REST)) {
            throw problem("'x rest' is not allowed in a group; write a number");
        }
        next();
        return expand(inner, -1, place);
    }

    private int times() {
        if (!more || matcher.group("times") == null) {
            return 1;
        }
        String times = matcher.group("times");
        if (times.equals("rest")) {
            next();
            return REST;
        }
        if (times.length() > 6 || Integer.parseInt(times) < 1 || Integer.parseInt(times) > MAX_LAYERS) {
            throw problem("a repetition is a number from 1 to " + MAX_LAYERS);
        }
        next();
        return Integer.parseInt(times);
    }

    private void next() {
        more = matcher.find();
    }

    private SettingsException problem(String would) {
        return new SettingsException("%s: character %d of '%s': found '%s'; %s"
                .formatted(place, matcher.start() + 1, text, matcher.group(), would));
    }
}
