using System.Collections;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Maildrop.Locking.OperatorTests.Deploy;

/// <summary>What src/deploy says, against what the library has.</summary>
public sealed partial class DeployFileTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "src", "deploy");

    [Theory]
    [InlineData("grafana-dashboard.json")]
    [InlineData("prometheus-rules.yml")]
    public async Task Names_only_metrics_labels_and_values_that_exist(string file)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Folder, file), TestContext.Current.CancellationToken);
        text = text.Replace("\\\"", "\"", StringComparison.Ordinal);
        var metrics = PrometheusMetrics();
        var (keys, values) = Tags();
        var labels = keys.Select(key => key.Replace('.', '_')).ToHashSet();

        var names = Names().Matches(text).Select(match => match.Value).ToHashSet();
        Assert.NotEmpty(names.Intersect(metrics));
        Assert.Equal([], names.Except(metrics).Except(labels));
        var matched = Matchers().Matches(text).SelectMany(match => match.Groups[1].Value.Split('|')).ToHashSet();
        Assert.NotEmpty(matched);
        Assert.Equal([], matched.Except(values));
    }

    [Fact]
    public async Task The_dashboard_shows_every_instrument()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Folder, "grafana-dashboard.json"), TestContext.Current.CancellationToken);
        using var dashboard = JsonDocument.Parse(text);
        Assert.Equal("Maildrop.Locking", dashboard.RootElement.GetProperty("title").GetString());
        Assert.All(Instruments(), instrument => Assert.Contains(instrument.Name.Replace('.', '_'), text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_unit_passes_systemd_analyze()
    {
        const string Analyze = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(Analyze), "systemd-analyze is not installed");
        var folder = Directory.CreateTempSubdirectory("maildrop-unit-");
        var unit = await File.ReadAllTextAsync(Path.Combine(Folder, "maildrop-pop3.service"), TestContext.Current.CancellationToken);

        // The program of the example is not on this machine.
        var path = Path.Combine(folder.FullName, "maildrop-pop3.service");
        await File.WriteAllTextAsync(path, unit.Replace("/usr/local/bin/pop3-server", "/bin/true", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using var analyze = Process.Start(new ProcessStartInfo(Analyze, ["verify", path]) { RedirectStandardError = true })!;
        var error = await analyze.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await analyze.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (analyze.ExitCode, error));
        folder.Delete(recursive: true);
    }

    /// <summary>The names that OpenTelemetry's Prometheus exporters make of the meter's instruments.</summary>
    private static HashSet<string> PrometheusMetrics()
    {
        var names = new HashSet<string>();
        foreach (var instrument in Instruments())
        {
            var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "");
            switch (instrument)
            {
                case Histogram<double>:
                    names.UnionWith([name + "_bucket", name + "_count", name + "_sum"]);
                    break;
                case Counter<long>:
                    names.Add(name + "_total");
                    break;
                default:
                    names.Add(name);
                    break;
            }
        }

        return names;
    }

    private static List<Instrument> Instruments()
    {
        var instruments = new Dictionary<string, Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == MaildropLockingDiagnostics.MeterName)
            {
                lock (instruments)
                {
                    instruments[instrument.Name] = instrument;
                }
            }
        };
        using var locks = new InMemoryMaildropLock();
        listener.Start();
        lock (instruments)
        {
            return [.. instruments.Values];
        }
    }

    /// <summary>The keys of the library's tags and their values, which it keeps in one class.</summary>
    private static (HashSet<string> Keys, HashSet<string> Values) Tags()
    {
        var tags = typeof(MaildropLock).Assembly.GetType("Maildrop.Locking.Diagnostics.TagValues", throwOnError: true)!;
        var constants = tags.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).ToList();
        var values = tags.GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.GetParameters() is [{ ParameterType.IsEnum: true }])
            .SelectMany(method => ((IEnumerable)Enum.GetValues(method.GetParameters()[0].ParameterType)).Cast<object>().Select(value => (string)method.Invoke(null, [value])!));
        // What a renewal came to is named beside the renewals.
        var batch = typeof(MaildropLock).Assembly.GetType("Maildrop.Locking.Engine.RenewalBatch", throwOnError: true)!;
        var outcomes = batch.GetMethods(BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.ReturnType == typeof(string) && method.GetParameters() is [{ ParameterType.IsEnum: true }])
            .SelectMany(method => ((IEnumerable)Enum.GetValues(method.GetParameters()[0].ParameterType)).Cast<object>().Select(value => (string)method.Invoke(null, [value])!));
        values = values.Concat(outcomes);
        return ([.. constants.Where(constant => constant.Contains('.', StringComparison.Ordinal))], [.. constants, .. values]);
    }

    [GeneratedRegex("maildrop_lock_[a-z_]+")]
    private static partial Regex Names();

    [GeneratedRegex("maildrop_lock_[a-z_]+!?=~?\"([^\"]*)\"")]
    private static partial Regex Matchers();
}
