/** Distillation: losses, stages, optimizers, schedules, and data in LLaVA's and InternVL's formats. */
module carve.distill {
    requires carve.api;

    provides carve.api.loss.LossProvider with
            carve.distill.loss.AttentionCrossEntropyLossProvider,
            carve.distill.loss.CrossEntropyLossProvider,
            carve.distill.loss.FrobeniusLossProvider,
            carve.distill.loss.HardCrossEntropyLossProvider,
            carve.distill.loss.JensenShannonLossProvider,
            carve.distill.loss.KlLossProvider,
            carve.distill.loss.L2LossProvider,
            carve.distill.loss.MatrixFrobeniusLossProvider,
            carve.distill.loss.MeanSquaredErrorLossProvider,
            carve.distill.loss.ReverseKlLossProvider,
            carve.distill.loss.TopKKlLossProvider;
    provides carve.api.data.DatasetProvider with
            carve.distill.data.InternVlDataProvider,
            carve.distill.data.LlavaDataProvider;
    provides carve.api.stage.OptimizerProvider with
            carve.distill.optimizer.AdamWOptimizerProvider;
    provides carve.api.stage.LearningRateScheduleProvider with
            carve.distill.optimizer.ConstantScheduleProvider,
            carve.distill.optimizer.CosineScheduleProvider,
            carve.distill.optimizer.LinearScheduleProvider,
            carve.distill.optimizer.WarmupStableDecayScheduleProvider;
    provides carve.api.stage.StageProvider with
            carve.distill.DistillStageProvider,
            carve.distill.SupervisedStageProvider;
}
