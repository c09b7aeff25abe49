using Dure.Kernel;

namespace Dure.Learn.Neural;

/// <summary>The layers for each task of windows.</summary>
internal static class WindowLayers
{
    public static Network Build(WindowTask task, WindowShape shape, WindowTraining options, int seed)
    {
        var builder = new NetworkBuilder(shape.Inside);
        var outputs = task.OutputsFor(shape);
        switch (task)
        {
            case WindowTask.Rebuild: Rebuilding(builder, shape, options); break;
            case WindowTask.Classes when shape.IsImage: Looking(builder, shape, options, outputs); break;
            case WindowTask.Classes: Listening(builder, options, isCausal: false).Then(new MeanOfPositions()).Then(new Dense(outputs)); break;
            default: Listening(builder, options, isCausal: true).Then(new LastPosition()).Then(new Dense(outputs)); break;
        }
        return builder.Build(seed);
    }

    /// <summary>An autoencoder: twice to half the length, twice back.</summary>
    private static void Rebuilding(NetworkBuilder builder, WindowShape shape, WindowTraining options)
    {
        if (shape.IsImage || shape.Length % 4 != 0)
            throw Bad(shape, "Give windows whose length is a multiple of 4.");
        var (wide, narrow, f) = (options.Width, Math.Max(1, options.Width / 2), new Activation(ActivationFunction.Swish));
        builder.Then(new Convolution(wide, Sliding.Same(options.Taps, step: 2))).Then(f).Then(new Dropout((float)options.Dropout))
            .Then(new Convolution(narrow, Sliding.Same(options.Taps, step: 2))).Then(f)
            .Then(new Stretch(2)).Then(new Convolution(narrow, Sliding.Same(options.Taps))).Then(f)
            .Then(new Stretch(2)).Then(new Convolution(wide, Sliding.Same(options.Taps))).Then(f)
            .Then(new Dense(shape.Channels));
    }

    /// <summary>Residual blocks of two dilated convolutions, as many as it takes to see the whole window: Bai, Kolter, Koltun (2018), section 3.</summary>
    private static NetworkBuilder Listening(NetworkBuilder builder, WindowTraining options, bool isCausal)
    {
        var length = builder.ShapeOf(0).Width;
        if (builder.ShapeOf(0).Rank != 2)
            throw Shape.Bad("Only classes are told of images.", "windows");
        builder.Then(new Dense(options.Width));
        for (var (dilation, seen) = (1, 1); seen < length; seen += 2 * (options.Taps - 1) * dilation, dilation *= 2)
        {
            var before = builder.Last;
            var sliding = isCausal ? Sliding.Causal(options.Taps, dilation) : Sliding.Same(options.Taps, dilation: dilation);
            for (var i = 0; i < 2; i++)
                builder.Then(new LayerNormalisation()).Then(new Activation(ActivationFunction.Swish)).Then(new Dropout((float)options.Dropout)).Then(new Convolution(options.Width, sliding));
            builder.Add(new Sum(), before, builder.Last);
        }
        return builder.Then(new LayerNormalisation()).Then(new Activation(ActivationFunction.Swish));
    }

    private static void Looking(NetworkBuilder builder, WindowShape shape, WindowTraining options, int outputs)
    {
        if (Math.Min(shape.Height, shape.Length) < 8)
            throw Bad(shape, "Give images of at least 8 x 8 points.");
        for (var width = Math.Max(1, options.Width / 2); width <= options.Width * 2; width *= 2)
        {
            builder.Then(new Convolution(width, Sliding.Square(3))).Then(new BatchNormalisation()).Then(new Activation(ActivationFunction.Relu));
            if (Math.Min(builder.ShapeOf(builder.Last).Width, builder.ShapeOf(builder.Last).Height) >= 4)
                builder.Then(Pooling.MaxSquare(2));
        }
        builder.Then(new MeanOfPositions()).Then(new Dropout((float)options.Dropout)).Then(new Dense(outputs));
    }

    private static ProblemException Bad(WindowShape shape, string mend) => new("urn:dure:learn:bad-windows", $"Windows of {shape.Channels} x {shape.Height} x {shape.Length} do not suit the task.", "windows", mend);
}
