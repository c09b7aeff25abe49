using Dure.Learn.Neural;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Neural;

/// <summary>The gradient of every layer is what central differences say.</summary>
public sealed class GradientTests
{
    public static TheoryData<string> Kinds { get; } = new(MadeNetwork.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_gradient_is_what_differences_say(string kind) => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var network = MadeNetwork.Of(kind, random);
        var rows = random.Next(kind == "batch-normalisation" ? 4 : 1, 8);
        var inputs = MadeNetwork.Numbers(random, rows * network.Input.Size);
        var direction = MadeNetwork.Numbers(random, rows * network.Output.Size);
        ulong? step = kind is "dropout" or "batch-normalisation" ? 7 : null;

        var workspace = new Workspace(network, hasInputGradient: true);
        inputs.CopyTo(workspace.Prepare(rows));
        workspace.Forward(step);
        direction.CopyTo(workspace.PrepareBackward());
        workspace.Backward();
        var (weights, given) = (workspace.WeightGradient, workspace.InputGradient.ToArray());

        Check(network.Parameters, weights, "weight");
        Check(inputs, given, "input");
        return true;

        // Along the gradient itself, and along some numbers alone: so that float32 differences are far above their rounding.
        void Check(float[] numbers, float[] gradient, string what)
        {
            var size = (float)Math.Sqrt(gradient.Sum(g => (double)g * g));
            if (size > 0)
                Along([.. gradient.Select(g => g / size)], "all");
            for (var i = 0; i < Math.Min(6, numbers.Length); i++)
            {
                var one = new float[numbers.Length];
                one[random.Next(one.Length)] = 1;
                Along(one, "one");
            }

            void Along(float[] along, string which)
            {
                var expected = along.Zip(gradient, (a, g) => (double)a * g).Sum();
                var errors = new List<string>();
                foreach (var h in (float[])[1 / 64f, 1 / 256f, 1 / 1024f])
                {
                    var (up, here, down) = (Moved(numbers, along, h), Moved(numbers, along, 0), Moved(numbers, along, -h));
                    // Where the slope itself jumps (rectifiers, the largest of several) the two sides differ, and the truth lies between them.
                    var (error, bend) = (Math.Abs((up - down) / (2 * h) - expected), Math.Abs(up - 2 * here + down) / h);
                    if (error <= 1e-2 * Math.Max(size, 0.3) + bend)
                        return;
                    errors.Add($"{error:G3} (bend {bend:G3})");
                }
                Assert.Fail($"{kind}, {which} {what}, seed {seed}: {expected:G6} by the layer, {string.Join(", ", errors)} beside differences, size {size:G4}");
            }
        }

        double Moved(float[] numbers, float[] along, float by)
        {
            var before = (float[])numbers.Clone();
            for (var i = 0; i < numbers.Length; i++)
                numbers[i] += by * along[i];
            network.Touch();
            inputs.CopyTo(workspace.Prepare(rows));
            var output = workspace.Forward(step);
            var sum = 0.0;
            for (var i = 0; i < output.Length; i++)
                sum += (double)direction[i] * output[i];
            before.CopyTo(numbers, 0);
            network.Touch();
            return sum;
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    public static TheoryData<string> Losses { get; } = new("squared", "absolute", "huber", "quantile", "remaining-life", "classes", "two-classes");

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_slope_of_a_loss_is_what_differences_say(string name) => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var (loss, outputs) = name switch
        {
            "squared" => (NetworkLoss.Squared, 3),
            "absolute" => (NetworkLoss.Absolute, 3),
            "huber" => (new HuberError(0.7f), 3),
            "quantile" => (new QuantileError([0.1f, 0.5f, 0.9f]), 3),
            "remaining-life" => (new RemainingLifeError(2), 2),
            "classes" => (new CrossEntropy(0.1f), 4),
            _ => (new CrossEntropy(), 1),
        };
        var output = MadeNetwork.Numbers(random, outputs);
        float[] target = loss is CrossEntropy ? [random.Next(Math.Max(2, outputs))] : MadeNetwork.Numbers(random, loss.TargetSize(outputs));
        var (gradient, unused) = (new float[outputs], new float[outputs]);
        loss.Of(output, target, gradient);
        for (var i = 0; i < outputs; i++)
        {
            const float h = 1 / 512f;
            if (loss is not CrossEntropy && Math.Abs(output[i] - target[Math.Min(i, target.Length - 1)]) < 2 * h)
                continue; // at the kink there is no slope
            float[] up = [.. output], down = [.. output];
            up[i] += h;
            down[i] -= h;
            Assert.Equal((loss.Of(up, target, unused) - loss.Of(down, target, unused)) / (up[i] - (double)down[i]), gradient[i], 3e-3);
        }
        return true;
    }).QuickCheckThrowOnFailure();
}
