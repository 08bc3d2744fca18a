/**
 * Shows the papers' ablations beside ours at the size of the demo.
 *
 * <p>{@code bench/ablations.sh} distils the students of {@code bench/ablations/*.conf}, asks all of them, and gives the figures to {@link
 * carve.bench.ablation.Main}, which writes a table in Markdown and a picture.
 */
package carve.bench.ablation;
