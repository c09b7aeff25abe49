"""XGBoost tuned by random search: python3 tuned.py FOLDER SECONDS METRIC. Predictions for the test rows go to FOLDER/tuned.f64."""
import json, os, sys, time
import numpy as np
import xgboost
from sklearn.metrics import average_precision_score, f1_score

folder, seconds, metric = sys.argv[1], float(sys.argv[2]), sys.argv[3]
begun = time.perf_counter()
task, folds = json.load(open(os.path.join(folder, "task.json"))), json.load(open(os.path.join(folder, "folds.json")))
rows = lambda name, count: np.fromfile(os.path.join(folder, name + ".f32"), dtype=np.float32).reshape(count, -1)
train, test, labels = rows("train", task["TrainRows"]), rows("test", task["TestRows"]), rows("labels", task["TrainRows"])[:, 0]
random = np.random.default_rng(1)
objective = {"binary": "binary:logistic", "classes": "multi:softprob"}.get(task["Kind"], "reg:squarederror")


def loss(predictions, truth):
    if metric == "rmse":
        return np.sqrt(np.mean((predictions - truth) ** 2))
    if metric == "average-precision":
        return -average_precision_score(truth, predictions)
    return -f1_score(truth, predictions.argmax(axis=1), average="macro")


def draw(number):
    log = lambda low, high: float(np.exp(random.uniform(np.log(low), np.log(high))))
    if number == 0:
        return {"eta": 0.05, "max_depth": 6, "subsample": 0.8, "colsample_bytree": 0.6, "lambda": 1, "min_child_weight": 1}
    return {"eta": log(0.015, 0.2), "max_depth": int(random.integers(3, 10)), "subsample": random.uniform(0.5, 1), "colsample_bytree": random.uniform(0.3, 1), "lambda": log(0.03, 30), "min_child_weight": log(1, 30)}


parts = [tuple(np.array(part, dtype=int) for part in fold) for fold in folds]
best, number, slowest = None, 0, 0
while number == 0 or time.perf_counter() - begun + 2 * slowest < seconds:
    trial = time.perf_counter()
    parameters = {"objective": objective, "tree_method": "hist", "nthread": len(os.sched_getaffinity(0)), "seed": 1, **draw(number)}
    if task["Kind"] == "classes":
        parameters["num_class"] = task["Classes"]
    losses, rounds = [], []
    for learn, stop, judge in parts:
        model = xgboost.train(parameters, xgboost.DMatrix(train[learn], labels[learn]), 3000, evals=[(xgboost.DMatrix(train[stop], labels[stop]), "stop")], early_stopping_rounds=50, verbose_eval=False)
        losses.append(loss(model.predict(xgboost.DMatrix(train[judge]), iteration_range=(0, model.best_iteration + 1)), labels[judge]))
        rounds.append(model.best_iteration + 1)
    if best is None or np.mean(losses) < best[0]:
        growth = len(train) / np.mean([len(learn) for learn, _, _ in parts])
        best = (np.mean(losses), parameters, int(np.mean(rounds) * np.sqrt(growth)))
    slowest = max(slowest, time.perf_counter() - trial)
    number += 1
model = xgboost.train(best[1], xgboost.DMatrix(train, labels), best[2])
np.asarray(model.predict(xgboost.DMatrix(test)), dtype=np.float64).tofile(os.path.join(folder, "tuned.f64"))
print(number)
