package carve.api.model;

import carve.api.config.SettingsNode;
import java.util.Map;

/**
 * What a plan says of one layer.
 *
 * @param mixer the name of its mixer, or {@link #KEEP}
 * @param settings settings of the mixer that differ from its defaults, and where they were written
 */
public record LayerChoice(String mixer, SettingsNode.Section settings) {
    /** The word that leaves a layer as the teacher has it. */
    public static final String KEEP = "keep";

    /** Returns the choice of a mixer with its defaults. */
    public static LayerChoice of(String mixer) {
        return new LayerChoice(mixer, new SettingsNode.Section(Map.of(), "defaults"));
    }

    /** Returns whether the layer stays as it is. */
    public boolean keeps() {
        return mixer.equals(KEEP);
    }
}
