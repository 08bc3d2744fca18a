/**
 * The SPI of training: stages, optimizers and learning rate schedules.
 *
 * <p>A recipe is a list of stages. A {@link carve.api.stage.Stage} is a declaration: which parameters are trained, and which
 * losses, at which sites of the model, are added up. The runtime runs it. A third party writes a {@link
 * carve.api.stage.StageProvider}:
 *
 * <pre>{@code
 * public final class NormsStageProvider implements StageProvider {
 *     public String name() {
 *         return "norms";
 *     }
 *
 *     public Stage create(Settings settings, StageComponents components) {
 *         return new Stage(
 *                 Selector.of("layers.*.norm*.**", "final_norm.**"),
 *                 TrainScope.ALL,
 *                 components.losses(settings, LayerInputs.OWN, LayerReduction.MEAN),
 *                 PaddingMask.FULL);
 *     }
 * }
 * }</pre>
 *
 * <p>It is finished when a test of its that extends {@code StageContract} of {@code carve.testkit} passes.
 */
package carve.api.stage;
