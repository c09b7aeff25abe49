using Dure.Learn.Neural;

namespace Dure.Tests.Learn.Neural;

/// <summary>Small random networks, one kind for each layer there is.</summary>
internal static class MadeNetwork
{
    public static string[] Kinds { get; } =
    [
        "dense", "relu", "leaky-relu", "tanh", "sigmoid", "swish", "gelu", "convolution", "strided-convolution", "dilated-convolution", "image-convolution",
        "strided-image-convolution", "depthwise", "image-depthwise", "max-pooling", "mean-pooling", "image-pooling", "mean-of-positions", "residual", "flatten", "fold", "last-position", "stretch",
        "dropout", "layer-normalisation", "batch-normalisation", "gru", "lstm", "attention",
    ];

    public static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];

    /// <summary>A network whose first layer has weights, so that gradients must pass through the layer of this kind.</summary>
    public static Network Of(string kind, Random random)
    {
        int some(int least, int most) => random.Next(least, most + 1);
        var channels = some(1, 20);
        var isImage = kind.StartsWith("image", StringComparison.Ordinal) || kind.Contains("image", StringComparison.Ordinal);
        var isRow = kind is "dense" or "relu" or "leaky-relu" or "tanh" or "sigmoid" or "swish" or "gelu" or "dropout" or "fold";
        var input = isRow ? Shape.Row(some(1, 20)) : isImage ? Shape.Image(some(4, 9), some(4, 9), some(1, 3)) : Shape.Window(some(4, 30), some(1, 5));
        var builder = new NetworkBuilder(input).Then(new Dense(kind switch { "attention" => 4 * some(1, 4), "fold" => 12, "layer-normalisation" => some(8, 20), _ => channels }));
        switch (kind)
        {
            case "dense": builder.Then(new Dense(some(1, 70))); break;
            case "relu": builder.Then(new Activation(ActivationFunction.Relu)); break;
            case "leaky-relu": builder.Then(new Activation(ActivationFunction.LeakyRelu)); break;
            case "tanh": builder.Then(new Activation(ActivationFunction.Tanh)); break;
            case "sigmoid": builder.Then(new Activation(ActivationFunction.Sigmoid)); break;
            case "swish": builder.Then(new Activation(ActivationFunction.Swish)); break;
            case "gelu": builder.Then(new Activation(ActivationFunction.Gelu)); break;
            case "convolution": builder.Then(new Convolution(some(1, 40), Sliding.Same(some(1, 4)))); break;
            case "strided-convolution": builder.Then(new Convolution(some(1, 20), Sliding.Same(some(1, 5), step: some(1, 3)))); break;
            case "dilated-convolution": builder.Then(new Convolution(some(1, 20), Sliding.Causal(some(1, 3), some(1, 6)))); break;
            case "image-convolution": builder.Then(new Convolution(some(1, 20), Sliding.Square(3))); break;
            case "strided-image-convolution": builder.Then(new Convolution(some(1, 20), new Sliding(some(1, 2), some(1, 2)) { StepDown = some(1, 2), StepRight = some(1, 3), Top = some(0, 1), Left = some(0, 2), DilationDown = some(1, 2), DilationRight = some(1, 2), Bottom = 1 })); break;
            case "depthwise": builder.Then(new Depthwise(Sliding.Same(3, dilation: some(1, 2)))); break;
            case "image-depthwise": builder.Then(new Depthwise(Sliding.Square(3, step: some(1, 2)))); break;
            case "max-pooling": builder.Then(Pooling.Max(some(1, 3))); break;
            case "mean-pooling": builder.Then(new Pooling(new Sliding(1, some(2, 3)), IsMax: false)); break;
            case "image-pooling": builder.Then(Pooling.MaxSquare(2)); break;
            case "mean-of-positions": builder.Then(new MeanOfPositions()); break;
            case "residual": builder.Add(new Sum(), builder.Last, builder.Add(new Dense(channels), builder.Last)); break;
            case "flatten": builder.Then(new Flatten()).Then(new Dense(3)); break;
            case "fold": builder.Then(new Fold(Shape.Window(4, 3))).Then(new Convolution(2, Sliding.Same(3))); break;
            case "last-position": builder.Then(new LastPosition()); break;
            case "stretch": builder.Then(new Stretch(some(1, 3))); break;
            case "dropout": builder.Then(new Dropout(0.4f)); break;
            case "layer-normalisation": builder.Then(new LayerNormalisation()).Then(new Dense(2)); break;
            case "batch-normalisation": builder.Then(new BatchNormalisation()).Then(new Dense(2)); break;
            case "gru": builder.Then(new Gru(some(1, 20))); break;
            case "lstm": builder.Then(new Lstm(some(1, 20))); break;
            case "attention": Attention.AddMultiHead(builder, builder.Last, some(1, 2) * 2); break;
            default: throw new ArgumentException(kind);
        }
        return builder.Build(random.Next());
    }
}
