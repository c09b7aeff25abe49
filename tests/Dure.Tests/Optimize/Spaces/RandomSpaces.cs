using Dure.Optimize.Numerics;
using Dure.Optimize.Spaces;

namespace Dure.Tests.Optimize.Spaces;

/// <summary>A space as it was declared, with a point that it was built around.</summary>
internal sealed record RandomSpace(string Kind, int Seed, IReadOnlyList<Factor> Factors, IReadOnlyList<Constraint> Constraints, double[] Known)
{
    public SearchSpace Build() => new(Factors, Constraints);

    public override string ToString() => $"{Kind} {Seed}";
}

/// <summary>
/// Random spaces that are known to have points: each is built around one. Four kinds in turn: polytopes, mixtures with a limited number of parts,
/// mixed spaces with sums over whole numbers, and forbidden combinations.
/// </summary>
internal static class RandomSpaces
{
    public static IEnumerable<RandomSpace> Many(int count, int seed = 1) => Enumerable.Range(seed, count).Select(Of);

    public static RandomSpace Of(int seed) => (seed % 4) switch
    {
        0 => Polytope(seed),
        1 => LimitedMixture(seed),
        2 => Mixed(seed),
        _ => Forbidden(seed),
    };

    public static RandomSpace Polytope(int seed)
    {
        var draw = new Draw(seed);
        draw.Numbers(draw.Random.Next(2, 13), logShare: 0.2);
        draw.Sums(draw.Random.Next(1, 7), draw.Random.Next(0, 3));
        return draw.Made("polytope", seed);
    }

    public static RandomSpace LimitedMixture(int seed)
    {
        var draw = new Draw(seed);
        draw.Mixture("mix", draw.Random.Next(3, 16), isLimited: true);
        if (draw.Random.Next(2) == 0)
            draw.Mixture("base", draw.Random.Next(2, 6), isLimited: false);
        draw.Numbers(draw.Random.Next(0, 3), logShare: 0.5);
        draw.Sums(draw.Random.Next(0, 4), 0);
        return draw.Made("limited mixture", seed);
    }

    public static RandomSpace Mixed(int seed)
    {
        var draw = new Draw(seed);
        draw.Numbers(draw.Random.Next(1, 6), logShare: 0.3);
        draw.Wholes(draw.Random.Next(1, 6));
        draw.Steps(draw.Random.Next(0, 3));
        draw.Sums(draw.Random.Next(1, 5), 0);
        if (draw.Random.Next(3) == 0)
            draw.Mixture("mix", draw.Random.Next(2, 5), isLimited: draw.Random.Next(2) == 0);
        draw.Choices(draw.Random.Next(1, 4));
        return draw.Made("mixed", seed);
    }

    public static RandomSpace Forbidden(int seed)
    {
        var draw = new Draw(seed);
        draw.Numbers(draw.Random.Next(1, 5), logShare: 0.3);
        draw.Wholes(draw.Random.Next(0, 3));
        draw.Steps(draw.Random.Next(0, 3));
        draw.Choices(draw.Random.Next(2, 6));
        draw.Sums(draw.Random.Next(0, 3), 0);
        draw.Forbid(draw.Random.Next(2, 12));
        return draw.Made("forbidden combinations", seed);
    }

    private sealed class Draw(int seed)
    {
        private readonly List<Factor> factors = [];
        private readonly List<Constraint> constraints = [];
        private readonly List<double> known = [];

        public Random Random { get; } = new(seed);

        public RandomSpace Made(string kind, int seed) => new(kind, seed, factors, constraints, [.. known]);

        public void Numbers(int count, double logShare)
        {
            for (var i = 0; i < count; i++)
            {
                var low = Math.Round(Math.Pow(10, Random.Next(-3, 3)) * (1 + 9 * Random.NextDouble()), 6);
                var isLog = Random.NextDouble() < logShare;
                var high = isLog ? low * Random.Next(2, 1000) : low + Math.Pow(10, Random.Next(-2, 4)) * (0.1 + Random.NextDouble());
                Add(Factor.Number($"x{factors.Count}", "1", isLog || Random.Next(2) == 0 ? low : -high, high, isLog), low + (high - low) * Random.NextDouble());
            }
        }

        public void Wholes(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var low = Random.Next(-5, 20);
                var high = low + Random.Next(1, 30);
                Add(Factor.Whole($"n{factors.Count}", "1", low, high), Random.Next(low, high + 1));
            }
        }

        public void Steps(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var levels = new double[Random.Next(2, 8)];
                for (var level = 0; level < levels.Length; level++)
                    levels[level] = Math.Round((level == 0 ? 0 : levels[level - 1]) + 0.1 + 10 * Random.NextDouble(), 3);
                Add(Factor.Levels($"l{factors.Count}", "1", levels), levels[Random.Next(levels.Length)]);
            }
        }

        public void Choices(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var options = Enumerable.Range(0, Random.Next(2, 12)).Select(option => $"o{option}").ToArray();
                Add(Random.Next(3) > 0 ? Factor.Choice($"c{factors.Count}", options)
                    : Factor.Described($"c{factors.Count}", options, [.. options.Select(_ => new[] { Random.NextDouble(), 100 * Random.NextDouble() })]), Random.Next(options.Length));
            }
        }

        public void Mixture(string name, int parts, bool isLimited)
        {
            var total = Random.Next(2) == 0 ? 1.0 : 100.0;
            var names = new string[parts];
            var present = isLimited ? Random.Next(1, Math.Min(parts, 7)) : parts;
            var amounts = new double[parts];
            for (var i = 0; i < present; i++)
                amounts[i] = 0.2 + Random.NextDouble();
            var scale = total / amounts.Sum();
            Random.Shuffle(amounts);
            var least = isLimited && Random.Next(2) == 0 ? 0.5 * scale * amounts.Where(amount => amount > 0).Min() : 0;
            for (var i = 0; i < parts; i++)
            {
                var amount = Math.Min(total, amounts[i] * scale);
                var high = Random.Next(3) == 0 ? Math.Min(total, amount + total * Random.NextDouble()) : total;
                var low = amount > 0 && Random.Next(4) == 0 ? amount * Random.NextDouble() : 0;
                names[i] = $"{name}{i}";
                Add(Factor.Number(names[i], total == 1 ? "1" : "%", low, Math.Max(high, 0.3 * total)), amount);
            }
            constraints.Add(Constraint.Mixture(name, names, total, isLimited ? Random.Next(0, present + 1) : 0, isLimited ? Random.Next(present, parts + 1) : null, least));
        }

        /// <summary>Sums that the known point keeps, the one or the other with nothing to spare.</summary>
        public void Sums(int limits, int equalities)
        {
            var numbers = Enumerable.Range(0, factors.Count).Where(i => factors[i].IsNumber).ToArray();
            for (var i = 0; i < limits + Math.Min(equalities, numbers.Length - 2); i++)
            {
                var (terms, sum, size) = (new List<Term>(), 0.0, 0.0);
                foreach (var number in numbers)
                    if (Random.NextDouble() < 0.6 || number == numbers[i % numbers.Length])
                    {
                        var width = factors[number].High - factors[number].Low;
                        var weight = Math.Round((2 * Random.NextDouble() - 1) / width, 6);
                        if (weight == 0)
                            continue;
                        terms.Add(new Term(factors[number].Name, weight));
                        sum += weight * known[number];
                        size += Math.Abs(weight) * width;
                    }
                if (terms.Count == 0)
                    continue;
                var isEqual = i >= limits && terms.All(term => term.Factor[0] == 'x');
                var spare = isEqual ? 0 : Random.Next(8) == 0 ? 1e-12 : 0.3 * size * Random.NextDouble();
                var isLess = Random.Next(2) == 0;
                constraints.Add(Constraint.Linear($"sum {constraints.Count}", terms, isEqual ? Relation.Equal : isLess ? Relation.AtMost : Relation.AtLeast, sum + (isLess ? spare : -spare)));
            }
        }

        /// <summary>Combinations that the known point does not have.</summary>
        public void Forbid(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var conditions = new List<Condition>();
                var isKnownFree = false;
                for (var tries = 0; tries < 20 && (conditions.Count < 2 || !isKnownFree); tries++)
                {
                    if (conditions.Count >= 3)
                        (_, isKnownFree) = (conditions.Remove(conditions[0]), false);
                    var number = Random.Next(factors.Count);
                    var (condition, holds) = ConditionOn(number);
                    if (conditions.Any(other => other.Factor == condition.Factor))
                        continue;
                    conditions.Add(condition);
                    isKnownFree |= !holds;
                }
                if (isKnownFree)
                    constraints.Add(Constraint.Forbidden($"never {constraints.Count}", conditions));
            }
        }

        private (Condition Condition, bool HoldsOfKnown) ConditionOn(int number)
        {
            switch (factors[number])
            {
                case Factor.Category category:
                    var options = category.Options.Where(_ => Random.Next(3) == 0).DefaultIfEmpty(category.Options[0]).ToArray();
                    return (Condition.Is(category.Name, options), options.Contains(category.Options[(int)known[number]]));
                case Factor.Integer whole when Random.Next(2) == 0:
                    double value = Random.Next((int)whole.Low, (int)whole.High + 1);
                    return (Condition.At(whole.Name, value), known[number] == value);
                case var line:
                    var limit = line.Low + (line.High - line.Low) * Random.NextDouble();
                    return Random.Next(2) == 0 ? (Condition.Above(line.Name, limit), known[number] > limit) : (Condition.Below(line.Name, limit), known[number] < limit);
            }
        }

        private void Add(Factor factor, double at)
        {
            factors.Add(factor);
            known.Add(at);
        }
    }
}
