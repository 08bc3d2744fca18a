package carve.runtime.train;

import carve.api.model.Site;
import carve.api.stage.LayerInputs;
import carve.api.stage.LossTerm;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The sites that losses observe in a pass through the whole model.
 *
 * @param terms the losses
 * @param layers the numbers of the converted layers
 * @param count the number of the model's layers
 */
record ObservedSites(List<LossTerm> terms, List<Integer> layers, int count) {
    /** Returns the layers that a loss is evaluated for; one without a number if it is evaluated once. */
    List<OptionalInt> layersOf(LossTerm term) {
        return term.isPerLayer()
                ? term.layersAmong(layers).stream().map(OptionalInt::of).toList()
                : List.of(OptionalInt.empty());
    }

    /** Returns the site of a loss in one of its layers. */
    Site of(LossTerm term, OptionalInt layer) {
        return LayerwiseDistillation.siteIn(layer.orElse(0), count, term);
    }

    /** Returns the sites of the teacher: those of the losses that need its values in its own pass. */
    Set<Site> ofTeacher() {
        Set<Site> sites = new LinkedHashSet<>();
        terms.stream()
                .filter(term -> term.loss().needsTeacher() && term.inputs() != LayerInputs.STUDENT)
                .forEach(term -> layersOf(term).forEach(layer -> sites.add(of(term, layer))));
        return sites;
    }

    /** Returns the sites of the student: those of the losses, and the inputs of layers that the teacher's layers get too. */
    Set<Site> ofStudent() {
        Set<Site> sites = new LinkedHashSet<>();
        for (LossTerm term : terms) {
            for (OptionalInt layer : layersOf(term)) {
                sites.add(of(term, layer));
                if (term.inputs() == LayerInputs.STUDENT) {
                    sites.add(Site.layer(layer.getAsInt(), "input"));
                }
            }
        }
        return sites;
    }
}
