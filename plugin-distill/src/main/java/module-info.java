/** Distillation: losses, stages, optimizers, schedules, and data in LLaVA's and InternVL's formats. */
module carve.distill {
    requires transitive carve.api;

    provides carve.api.loss.LossProvider with
            carve.distill.loss.CrossEntropyLossProvider,
            carve.distill.loss.FrobeniusLossProvider,
            carve.distill.loss.HardCrossEntropyLossProvider,
            carve.distill.loss.JensenShannonLossProvider,
            carve.distill.loss.KlLossProvider,
            carve.distill.loss.MeanSquareLossProvider,
            carve.distill.loss.ReverseKlLossProvider;
    provides carve.api.stage.DataProvider with
            carve.distill.data.InternVlProvider,
            carve.distill.data.LlavaProvider;
    provides carve.api.stage.OptimizerProvider with
            carve.distill.optimizer.AdamWProvider;
    provides carve.api.stage.ScheduleProvider with
            carve.distill.optimizer.ConstantProvider,
            carve.distill.optimizer.CosineProvider,
            carve.distill.optimizer.WarmupStableDecayProvider;
    provides carve.api.stage.StageProvider with
            carve.distill.DistillStageProvider,
            carve.distill.SupervisedStageProvider;
}
