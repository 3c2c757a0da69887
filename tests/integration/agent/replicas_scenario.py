"""Scenario for tests/fake/apiserver.py: one Lease (../watch/lease.py), and the objects of
cluster_scenario.py."""
import importlib.util
import os


def load(name):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    spec = importlib.util.spec_from_file_location(os.path.basename(name)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lease = load("../watch/lease.py")
objects = load("cluster_scenario.py")


def handle(request):
    is_lease = request.path == "/control" or request.path.startswith(lease.PATH)
    (lease if is_lease else objects).handle(request)
