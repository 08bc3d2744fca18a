/**
 * Layer plans: which mixer each layer of a model has.
 *
 * <p>{@link carve.runtime.plan.LayerPlanReader} reads plans in Carve's own notation and in the layer patterns of other projects, such
 * as {@code hybrid_override_pattern = "M-M-*-"}; {@link carve.runtime.plan.ExternalHybridConfig} finds such a pattern in another
 * project's {@code config.json} or YAML recipe. {@link carve.runtime.plan.PlanWriter} writes plans, and
 * {@link carve.runtime.plan.PlanSuggester} measures which layers should keep their attention.
 *
 * {@snippet :
 * TreeSettings settings = SettingsFormat.installed().parse("layers = [keep, \"mamba2 x3\"]", "plan");
 * LayerPlan plan = LayerPlanReader.read(settings, 4);
 * System.out.println(PlanWriter.format(plan, List.of("four layers")));
 * }
 *
 * <p>Another notation is a key in {@link carve.runtime.plan.ExternalLayerPattern} and a reader for its values.
 */
package carve.runtime.plan;
