package carve.testkit;

import carve.api.tensor.DType;

/** The contract of families, tried with the family of the test kit. */
final class SmallFamilyTest extends RandomModelContract {
    SmallFamilyTest() {
        super(
                new SmallFamily(),
                TestMixerCatalog.of(new Retention.Provider()),
                DType.F32,
                SmallFamily.config("retention", "retention"));
    }
}
