package carve.runtime.plan;

import carve.api.config.SettingsException;
import java.util.ArrayList;
import java.util.List;

/**
 * The pattern of Nemotron-H and Megatron: a character for each part of a model, {@code |} between pipeline stages, {@code /}
 * before the multi-token prediction layers, which are ignored. A mixer and the feed-forward part after it form a layer.
 *
 * @param text the pattern
 * @param place where it was written
 */
record MegatronPattern(String text, String place) {
    private static final String MIXERS = "MG*+D";
    private static final String FEED_FORWARD = "-E";

    List<ExternalPatternReader.LayerKind> kinds() {
        int end = text.indexOf('/') < 0 ? text.length() : text.indexOf('/');
        List<ExternalPatternReader.LayerKind> kinds = new ArrayList<>();
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (MIXERS.indexOf(c) >= 0) {
                kinds.add(new ExternalPatternReader.LayerKind(
                        String.valueOf(c), "%s, character %d".formatted(place, i + 1), false));
            } else if (FEED_FORWARD.indexOf(c) >= 0) {
                complete(kinds, i);
            } else if (c != '|') {
                throw problem(
                        i,
                        "parts are M and G (linear), *, + and D (attention), - and E (feed-forward), | between stages of a"
                                + " pipeline; was the pattern quoted, so that the shell left it alone?");
            }
        }
        if (kinds.isEmpty()) {
            throw new SettingsException("%s: '%s' contains no mixer; expected one per layer, for example \"M-M-*-\""
                    .formatted(place, text));
        }
        return kinds;
    }

    private void complete(List<ExternalPatternReader.LayerKind> kinds, int at) {
        if (kinds.isEmpty() || kinds.getLast().whole()) {
            throw problem(
                    at,
                    "a feed-forward part belongs to the mixer before it, and there is none; write M, G, *, + or D before it");
        }
        ExternalPatternReader.LayerKind mixer = kinds.removeLast();
        kinds.add(new ExternalPatternReader.LayerKind(mixer.name(), mixer.place(), true));
    }

    private SettingsException problem(int at, String would) {
        return new SettingsException(
                "%s: character %d of '%s': found '%s'; %s".formatted(place, at + 1, text, text.charAt(at), would));
    }
}
