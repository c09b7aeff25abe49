using Dure.Kernel;
using Dure.Optimize.Designs;
using Xunit;

namespace Dure.Tests.Optimize.Designs;

/// <summary>Factors and responses for tests of designs.</summary>
internal static class Plant
{
    public static ContinuousFactor[] Factors(int count) => [.. Enumerable.Range(0, count).Select(f => new ContinuousFactor(((char)('A' + f)).ToString(), "bar", -1, 1))];

    public static MixtureComponent[] Mixture(int count) => [.. Enumerable.Range(0, count).Select(f => new MixtureComponent($"x{f + 1}", "", 0, 1, 1))];

    public static double[][] Rows(DesignTable table) => [.. Enumerable.Range(0, table.Runs).Select(run => table.Coded(run).ToArray())];

    public static double[] Responses(DesignTable table, Func<double[], double> truth) => [.. Rows(table).Select(truth)];

    public static string Refused(string type, Func<object> act)
    {
        var problem = Assert.Throws<ProblemException>(act).Problem;
        Assert.Equal($"urn:dure:optimize:design-{type}", problem.Type);
        Assert.All(new[] { problem.What, problem.Where, problem.Mend }, Assert.NotEmpty);
        return problem.What;
    }

    public static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
